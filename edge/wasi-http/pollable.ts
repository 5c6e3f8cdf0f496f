/** wasi:io/poll */

/** Something to wait for; wait may resolve before it is there, which is asked again then. */
export class Pollable {
  readonly #isReady: () => boolean;
  readonly #wait: () => Promise<void>;

  constructor(isReady: () => boolean, wait: () => Promise<void>) {
    this.#isReady = isReady;
    this.#wait = wait;
  }

  ready(): boolean {
    return this.#isReady();
  }

  async block(): Promise<void> {
    while (!this.#isReady()) await this.#wait();
  }
}

/** Indices of those that are ready, at least one. Traps on an empty list, which would wait for ever. */
export async function poll(pollables: readonly Pollable[]): Promise<Uint32Array> {
  if (pollables.length === 0) throw new Error("poll was called with nothing to wait for");
  for (;;) {
    const ready = pollables.flatMap((pollable, index) => (pollable.ready() ? [index] : []));
    if (ready.length > 0) return Uint32Array.from(ready);
    await Promise.race(pollables.map((pollable) => pollable.block()));
  }
}

/** Wakes all who wait for a change of something. */
export class Bell {
  #next = Promise.withResolvers<void>();

  ring(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** Resolves with the next ring. */
  rings(): Promise<void> {
    return this.#next.promise;
  }
}
