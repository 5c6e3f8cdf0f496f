/** The calls that one token may still make. */
import type { Clock } from "../../api/clock.ts";

export interface Rate {
  /** Calls at once, at most. */
  readonly atOnce: number;
  /** Calls that come back in a millisecond. */
  readonly perMs: number;
  /** Milliseconds for which none is made after a refusal that says no more. */
  readonly blockMs: number;
}

/** No call was made: it would not be taken. */
export class BudgetSpent extends Error {
  override readonly name = "BudgetSpent";
  /** Milliseconds until the next call may be made. */
  readonly after: number;

  constructor(after: number) {
    super(`no call for another ${after} ms`);
    this.after = after;
  }
}

export class CallBudget {
  readonly #clock: Clock;
  readonly #rate: Rate;
  #left: number;
  #since: number;
  #closedUntil = 0;

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
    this.#left = rate.atOnce;
    this.#since = clock.now();
  }

  /** Errors: BudgetSpent. */
  take(): void {
    const { atOnce, perMs } = this.#rate;
    const now = this.#clock.now();
    if (now < this.#closedUntil) throw new BudgetSpent(this.#closedUntil - now);
    this.#left = Math.min(atOnce, this.#left + (now - this.#since) * perMs);
    this.#since = now;
    if (this.#left < 1) throw new BudgetSpent(Math.ceil((1 - this.#left) / perMs));
    this.#left -= 1;
  }

  /** ratelimit is the header's value, `"default";r=50;t=30`: so many calls in so many seconds. */
  learn(ratelimit: string | undefined): void {
    const [, rest, seconds] = /;\s*r=(\d+);\s*t=(\d+)/.exec(ratelimit ?? "") ?? [];
    if (rest === undefined || seconds === undefined) return;
    // Others may use the token too.
    this.#left = Math.min(this.#left, Number(rest));
    if (rest === "0") this.#close(Number(seconds) * 1000);
  }

  /** The token was told to wait so many milliseconds; as long as the rate says when it was not told how long. */
  refused(retryAfter: number | undefined): void {
    this.#close(retryAfter ?? this.#rate.blockMs);
  }

  #close(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#clock.now() + ms);
  }
}
