/** Calls of a token within five minutes; who makes more is blocked for the next five. */

const windowMs = 300_000;

export class CallLimit {
  readonly #limit: number;
  #calls: number[] = [];
  #blockedUntil = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Seconds until the next call is taken; undefined when this one is. */
  take(now: number): number | undefined {
    this.#calls = this.#calls.filter((time) => now - time < windowMs);
    if (now < this.#blockedUntil) return Math.ceil((this.#blockedUntil - now) / 1000);
    if (this.#calls.length >= this.#limit) {
      this.#blockedUntil = now + windowMs;
      return windowMs / 1000;
    }
    this.#calls.push(now);
    return undefined;
  }

  get left(): number {
    return this.#limit - this.#calls.length;
  }
}
