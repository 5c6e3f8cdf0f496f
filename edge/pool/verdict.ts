/** Who is to blame when the process was killed while functions ran: it stalled, or it ran out of memory. */

/** Milliseconds for which a version stays suspected after an end of the process. */
const suspicion = 3_600_000;

/** Versions by `<key>/<version>`. */
export interface Evidence {
  /** Were called, or may have been, since the event loop was last seen to turn. */
  readonly fresh: readonly string[];
  /** Were called before that, and have not ended yet. */
  readonly waiting: readonly string[];
  /** Since when, in milliseconds of the clock. Their calls were told apart from all others'. */
  readonly suspects: Readonly<Record<string, number>>;
}

export interface Verdict {
  readonly convicted: readonly string[];
  readonly suspects: Readonly<Record<string, number>>;
}

/**
 * A version that was already suspected and has run again at the end is convicted, and the others are cleared. Those that
 * only waited come into question when nothing else ran: a loop seldom begins long after its call.
 */
export function judge({ fresh, waiting, suspects }: Evidence, now: number): Verdict {
  const known = Object.fromEntries(Object.entries(suspects).filter(([, since]) => now - since < suspicion));
  const isKnown = (name: string) => known[name] !== undefined;
  const present = fresh.length > 0 ? fresh : waiting;
  const convicted = present.filter(isKnown);
  if (convicted.length > 0) return { convicted, suspects: {} };
  const added = Object.fromEntries(present.map((name) => [name, now]));
  return { convicted, suspects: { ...known, ...added } };
}
