/** Remembers what has failed, so that every event of a namespace does not ask a registry again. */
import type { Clock } from "../api/clock.ts";
import { type Backoff, exponentialBackoff } from "../kube/backoff.ts";
import { ModuleError } from "./module-error.ts";
import { SourceRefused, SourceUnavailable } from "./source-error.ts";

/** What happened, and in how many milliseconds it is worth while to try again. */
export class AttemptFailed extends Error {
  override readonly name = "AttemptFailed";
  override readonly cause: SourceRefused | SourceUnavailable | ModuleError;
  readonly after: number;

  constructor(cause: AttemptFailed["cause"], after: number) {
    super(cause.message, { cause });
    this.cause = cause;
    this.after = after;
  }
}

interface Failure {
  readonly wanted: string;
  readonly cause: AttemptFailed["cause"];
  readonly until: number;
  readonly backoff: Backoff;
}

/** Milliseconds until what a person must change is looked at again: a registry sends no event. */
const refusedMs = 30_000;
const firstMs = 1000;
const lastMs = 60_000;
/** Milliseconds after which a failure that nobody asks for is forgotten. */
const forgetMs = 600_000;

export class Attempts {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #failures = new Map<string, Failure>();

  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * The result of work; nothing is done while it is too early after a failure for the same key and the same wanted.
   * Errors: AttemptFailed; what is no trouble with a source is thrown as it is.
   */
  async run<T>(key: string, wanted: string, work: () => Promise<T>): Promise<T> {
    const former = this.#failures.get(key);
    const known = former?.wanted === wanted ? former : undefined;
    const now = this.#clock.now();
    if (known !== undefined && now < known.until) throw new AttemptFailed(known.cause, known.until - now);
    try {
      const result = await work();
      this.#failures.delete(key);
      return result;
    } catch (error) {
      throw this.#failed(key, wanted, known, error);
    }
  }

  #failed(key: string, wanted: string, known: Failure | undefined, error: unknown): unknown {
    const isRefused = error instanceof SourceRefused || error instanceof ModuleError;
    if (!isRefused && !(error instanceof SourceUnavailable)) return error;
    const backoff = known?.backoff ?? exponentialBackoff(firstMs, lastMs, this.#random);
    const after = isRefused ? refusedMs : Math.max(backoff.next(), error.retryAfter ?? 0);
    const now = this.#clock.now();
    for (const [other, { until }] of this.#failures) if (now - until > forgetMs) this.#failures.delete(other);
    this.#failures.set(key, { wanted, cause: error, until: now + after, backoff });
    return new AttemptFailed(error, after);
  }
}
