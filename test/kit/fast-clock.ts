/** A clock that runs faster than the real one, for tests that talk to real servers. */
import type { Clock } from "../../operator/api/clock.ts";
import { systemClock } from "../../operator/api/system-clock.ts";

export class FastClock implements Clock {
  /** Milliseconds of each sleep that was asked for, in order. */
  readonly sleeps: number[] = [];
  readonly #factor: number;
  readonly #start = systemClock.now();

  /** factor is how many of its milliseconds pass in a real one. */
  constructor(factor: number) {
    this.#factor = factor;
  }

  now(): number {
    return this.#start + (systemClock.now() - this.#start) * this.#factor;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    await systemClock.sleep(ms / this.#factor, signal);
  }
}
