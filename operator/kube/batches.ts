/** Gathers what is to be written to one object while a write of it is under way, and writes that together. */
import type { Clock } from "../api/clock.ts";

/** Hears what became of it. */
interface Item {
  readonly reject: (error: unknown) => void;
}

interface Batch<T> {
  readonly items: T[];
  /** When the next write may begin. */
  next: number;
}

export class Batches<T extends Item> {
  readonly #clock: Clock;
  readonly #write: (key: string, items: readonly T[]) => Promise<number>;
  readonly #batches = new Map<string, Batch<T>>();

  /** write answers the items and gives the milliseconds until the next one; when it throws, all of its items are told. */
  constructor(clock: Clock, write: (key: string, items: readonly T[]) => Promise<number>) {
    this.#clock = clock;
    this.#write = write;
  }

  /** gatherMs is how long others may join the write, when none is under way. */
  add(key: string, items: readonly T[], gatherMs = 0): void {
    const batch = this.#batches.get(key);
    if (batch !== undefined) {
      batch.items.push(...items);
      return;
    }
    const begun = { items: [...items], next: this.#clock.now() + gatherMs };
    this.#batches.set(key, begun);
    void this.#drain(key, begun);
  }

  /** Never rejects. */
  async #drain(key: string, batch: Batch<T>): Promise<void> {
    for (;;) {
      const wait = batch.next - this.#clock.now();
      if (wait > 0) await this.#clock.sleep(wait);
      const items = batch.items.splice(0);
      if (items.length === 0) break;
      try {
        const rest = await this.#write(key, items);
        batch.next = this.#clock.now() + rest;
      } catch (error) {
        for (const { reject } of items) reject(error);
      }
    }
    this.#batches.delete(key);
  }
}
