/** Counts verdicts, by the second and in total. */
import type { ProbeRequest } from "./config.ts";
import type { Verdict } from "./verdict.ts";

/** Counts of requests; those of a second are of requests answered or failed in it, `sent` of those sent in it. */
export interface Counts {
  readonly sent: number;
  /** Requests with the expected answer, by who made it. */
  readonly ok: Readonly<Record<string, number>>;
  readonly transport: number;
  readonly foreign: number;
  readonly wrong: number;
  readonly unretriable: number;
  /** Idempotent requests sent a second time because a kept connection was closed; they are also counted where they ended. */
  readonly retried: number;
  /** Slowest answer in milliseconds, half of them are not slower than `median`. */
  readonly slowest: number;
  readonly median: number;
}

/** What a request that is not ok looked like, to find out why. */
export interface Incident {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly kind: string;
  readonly request: string;
  readonly connection: string;
  readonly detail: string;
}

/** Transport errors, 5xx that neither the module nor the origin made, and wrong answers. */
export function lostOf(counts: Counts): number {
  return counts.transport + counts.foreign + counts.wrong;
}

export class Tally {
  readonly #kinds = { transport: 0, foreign: 0, wrong: 0, unretriable: 0 };
  readonly #ok = new Map<string, number>();
  readonly #times: number[] = [];
  #sent = 0;
  #retried = 0;

  send(): void {
    this.#sent++;
  }

  /** milliseconds from the time the request was due until its end. */
  end(verdict: Verdict, retried: boolean, milliseconds: number): void {
    if (retried) this.#retried++;
    this.#times.push(milliseconds);
    if (verdict.kind === "ok") this.#ok.set(verdict.by, (this.#ok.get(verdict.by) ?? 0) + 1);
    else this.#kinds[verdict.kind]++;
  }

  counts(): Counts {
    const times = this.#times.toSorted((a, b) => a - b);
    return {
      sent: this.#sent,
      ok: Object.fromEntries(this.#ok),
      ...this.#kinds,
      retried: this.#retried,
      slowest: Math.round(times.at(-1) ?? 0),
      median: Math.round(times[Math.floor(times.length / 2)] ?? 0),
    };
  }
}

export function describeRequest({ method, path }: ProbeRequest): string {
  return `${method} ${path}`;
}
