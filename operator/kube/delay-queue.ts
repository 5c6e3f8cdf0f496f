/** Keys that become due at a time; the earliest time asked for wins. */
import type { Clock } from "../api/clock.ts";

interface Wait<V> {
  readonly at: number;
  readonly value: V;
}

/** One sleeper waits for the earliest key; adding an earlier one wakes it up. */
export class DelayQueue<K, V> {
  readonly #clock: Clock;
  readonly #onDue: (key: K, value: V) => void;
  readonly #waits = new Map<K, Wait<V>>();
  #sleeper: { readonly until: number; readonly wake: AbortController } | undefined;

  constructor(clock: Clock, onDue: (key: K, value: V) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Does nothing when key is due earlier already. */
  add(key: K, value: V, delayMs: number): void {
    const at = this.#clock.now() + delayMs;
    const present = this.#waits.get(key);
    if (present !== undefined && present.at <= at) return;
    this.#waits.set(key, { at, value });
    if (this.#sleeper === undefined || at < this.#sleeper.until) this.#sleep(at);
  }

  clear(): void {
    this.#waits.clear();
    this.#sleeper?.wake.abort();
    this.#sleeper = undefined;
  }

  #sleep(until: number): void {
    this.#sleeper?.wake.abort();
    const wake = new AbortController();
    this.#sleeper = { until, wake };
    this.#clock.sleep(Math.max(0, until - this.#clock.now()), wake.signal).then(
      () => this.#deliver(),
      (reason: unknown) => {
        if (!wake.signal.aborted) throw reason;
      },
    );
  }

  #deliver(): void {
    this.#sleeper = undefined;
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [key, wait] of this.#waits) {
      if (wait.at > now) {
        next = Math.min(next, wait.at);
        continue;
      }
      this.#waits.delete(key);
      this.#onDue(key, wait.value);
    }
    if (this.#sleeper === undefined && next < Number.POSITIVE_INFINITY) this.#sleep(next);
  }
}
