/** The calls that one token may still make: Cloudflare takes 1,200 in five minutes, then none for five. */
import type { Clock } from "../../api/clock.ts";

/** At most so many at once; with what comes back in five minutes that is 1,200. */
const atOnce = 600;
const perMs = 600 / 300_000;
/** Milliseconds for which Cloudflare blocks a token that says no more. */
const blockMs = 300_000;

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
  #left = atOnce;
  #since: number;
  #closedUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** Errors: BudgetSpent. */
  take(): void {
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

  /** The token was told to wait so many milliseconds; as long as Cloudflare blocks when it was not told how long. */
  refused(retryAfter: number | undefined): void {
    this.#close(retryAfter ?? blockMs);
  }

  #close(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#clock.now() + ms);
  }
}
