/** Answers that are asked for once and remembered for a while. */
import type { Clock } from "../../api/clock.ts";

interface Entry<T> {
  readonly at: number;
  readonly answer: Promise<T>;
}

/** After so many times its life an answer that nobody has asked for again is dropped. */
const lives = 10;

/**
 * Guarantees: callers that come while one asks share its answer.
 * Errors: what ask threw, unless there is an older answer, which then holds until ask gives another.
 */
export class Remembered<T> {
  readonly #clock: Clock;
  readonly #forMs: number;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(clock: Clock, forMs: number) {
    this.#clock = clock;
    this.#forMs = forMs;
  }

  /** The answer under key, which ask gives unless one is known that is young enough. */
  of(key: string, ask: () => Promise<T>): Promise<T> {
    const now = this.#clock.now();
    this.#forget(now - lives * this.#forMs);
    const known = this.#entries.get(key);
    if (known !== undefined && now - known.at < this.#forMs) return known.answer;
    const entry: Entry<T> = { at: now, answer: this.#ask(key, ask, known) };
    this.#entries.set(key, entry);
    return entry.answer;
  }

  async #ask(key: string, ask: () => Promise<T>, known: Entry<T> | undefined): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (known === undefined) {
        this.#entries.delete(key);
        throw error;
      }
      this.#entries.set(key, known);
      return await known.answer;
    }
  }

  #forget(before: number): void {
    for (const [key, { at }] of this.#entries) if (at < before) this.#entries.delete(key);
  }
}
