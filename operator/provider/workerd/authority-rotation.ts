/** One certificate authority through its life: the next one is trusted before it signs, the former one after. */
import { X509Certificate, createPrivateKey } from "node:crypto";
import { createAuthority } from "./certificates.ts";
import type { KeyPair } from "./certificates.ts";

/** Milliseconds for which the next authority is trusted before it signs, and the former one after it has signed last. */
const overlap = 7 * 86_400_000;

/** PEM texts. */
export interface AuthorityState {
  /** It signs. */
  readonly current: KeyPair;
  /** It will sign. */
  readonly next?: KeyPair;
  /** It has signed; its key is gone. */
  readonly former?: string;
}

/** PEM texts of all that are trusted; the order, and so the text, does not change when the next one becomes the current. */
export function bundleOf({ current, next, former }: AuthorityState): string {
  const certificates = [former, current.certificate, next?.certificate];
  return certificates.filter((certificate) => certificate !== undefined).join("\n");
}

/** What state is to be at now; state itself when nothing is due. An authority that cannot be used is made anew. */
export async function rotated(
  state: Partial<AuthorityState>,
  name: string,
  now: number,
): Promise<AuthorityState> {
  const { current, next, former } = state;
  if (current === undefined || !isUsable(current)) return { current: await createAuthority(name, now) };
  const { begin, end } = lifeOf(current.certificate);
  if (next !== undefined) {
    if (!isUsable(next)) return rotated(without(state), name, now);
    const isDue = now >= end || now >= lifeOf(next.certificate).begin + overlap;
    return isDue ? { current: next, former: current.certificate } : { current, ...state };
  }
  if (now >= begin + ((end - begin) * 2) / 3)
    return rotated({ current, next: await createAuthority(name, now) }, name, now);
  const isPast = former !== undefined && now >= begin + 2 * overlap;
  return isPast ? { current } : { current, ...state };
}

function without({ current, former }: Partial<AuthorityState>): Partial<AuthorityState> {
  return { ...(current === undefined ? {} : { current }), ...(former === undefined ? {} : { former }) };
}

function lifeOf(certificate: string): { readonly begin: number; readonly end: number } {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return { begin: validFromDate.getTime(), end: validToDate.getTime() };
}

/** Whether pair is an authority with its own key. */
function isUsable({ certificate, key }: KeyPair): boolean {
  try {
    const parsed = new X509Certificate(certificate);
    return parsed.ca && parsed.checkPrivateKey(createPrivateKey(key));
  } catch {
    // What cannot be read cannot sign.
    return false;
  }
}
