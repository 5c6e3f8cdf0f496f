/** Keys that become due after a time; the earliest time asked for wins. */
import type { Clock } from "../api/clock.ts";

interface Wait {
  readonly at: number;
  readonly cancel: AbortController;
}

/** Each key has its own timer: a step of the wall clock neither holds a key back nor hurries it. */
export class DelayQueue<K, V> {
  readonly #clock: Clock;
  readonly #onDue: (key: K, value: V) => void;
  readonly #waits = new Map<K, Wait>();

  constructor(clock: Clock, onDue: (key: K, value: V) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Does nothing when key is due earlier already. */
  add(key: K, value: V, delayMs: number): void {
    const at = this.#clock.now() + delayMs;
    const present = this.#waits.get(key);
    if (present !== undefined && present.at <= at) return;
    present?.cancel.abort();
    const cancel = new AbortController();
    this.#waits.set(key, { at, cancel });
    this.#clock.sleep(delayMs, cancel.signal).then(
      () => {
        this.#waits.delete(key);
        this.#onDue(key, value);
      },
      (reason: unknown) => {
        if (!cancel.signal.aborted) throw reason;
      },
    );
  }

  clear(): void {
    for (const { cancel } of this.#waits.values()) cancel.abort();
    this.#waits.clear();
  }
}
