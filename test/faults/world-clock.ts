/** The time of one world: faster than the real one, and behind it. */
import { systemClock } from "../../operator/api/system-clock.ts";
import type { Clock } from "../../operator/api/clock.ts";

/** TLS looks at the machine's clock: a certificate that a world issues must not lie in the future there. */
const behindMs = 7_200_000;

export class WorldClock implements Clock {
  readonly #speed: number;
  readonly #start = systemClock.now();

  /** speed is how many of its milliseconds pass in a real one. */
  constructor(speed: number) {
    this.#speed = speed;
  }

  now(): number {
    return this.#start - behindMs + (systemClock.now() - this.#start) * this.#speed;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await systemClock.sleep(ms / this.#speed, signal);
  }
}
