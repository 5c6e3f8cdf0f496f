/** Answers that are asked for once and remembered for a while. */
import type { Clock } from "../../api/clock.ts";

interface Entry<T> {
  readonly at: number;
  readonly answer: Promise<T>;
}

/** Guarantees: callers that come while one asks share its answer; an error is remembered for nobody. */
export class Remembered<T> {
  readonly #clock: Clock;
  readonly #forMs: number;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(clock: Clock, forMs: number) {
    this.#clock = clock;
    this.#forMs = forMs;
  }

  /** The answer under key, which ask gives unless one is known that is young enough. */
  async of(key: string, ask: () => Promise<T>): Promise<T> {
    this.#forget();
    const known = this.#entries.get(key);
    if (known !== undefined) return await known.answer;
    const entry = { at: this.#clock.now(), answer: ask() };
    this.#entries.set(key, entry);
    try {
      return await entry.answer;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  #forget(): void {
    const now = this.#clock.now();
    for (const [key, { at }] of this.#entries) {
      if (now - at < this.#forMs) return;
      this.#entries.delete(key);
    }
  }
}
