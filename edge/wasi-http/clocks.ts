/**
 * wasi:clocks, as a module sees them. workerd stops its clocks while code runs, so every reading moves them a little:
 * loops that wait for time to pass end.
 */
import { Pollable } from "./pollable.ts";

const nanosecondsPerMillisecond = 1_000_000n;
const reading = 1000n;
/** Milliseconds; timers take no more. */
const longestTimer = 2 ** 31 - 1;

export class Clocks {
  readonly #now: () => number;
  readonly #start: bigint;
  #ahead = 0n;

  /** now gives milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
    this.#start = this.#read();
  }

  /** Nanoseconds since some time. */
  monotonic(): bigint {
    return this.#read() - this.#start;
  }

  wall(): { readonly seconds: bigint; readonly nanoseconds: number } {
    const now = this.#read();
    return { seconds: now / 1_000_000_000n, nanoseconds: Number(now % 1_000_000_000n) };
  }

  /** Ready when monotonic is instant. */
  at(instant: bigint): Pollable {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = () =>
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, this.#millisecondsTo(instant));
      });
    return new Pollable(
      () => this.monotonic() >= instant,
      wait,
      () => clearTimeout(timer),
    );
  }

  #millisecondsTo(instant: bigint): number {
    const left = instant - this.monotonic();
    const milliseconds = Number((left + nanosecondsPerMillisecond - 1n) / nanosecondsPerMillisecond);
    return Math.min(Math.max(milliseconds, 0), longestTimer);
  }

  #read(): bigint {
    this.#ahead += reading;
    return BigInt(Math.round(this.#now())) * nanosecondsPerMillisecond + this.#ahead;
  }
}

export const resolution = reading;
