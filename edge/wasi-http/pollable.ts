/** wasi:io/poll */

/** Something to wait for. However often it is waited for, one wait is under way; none is when it was dropped. */
export class Pollable {
  readonly #isReady: () => boolean;
  readonly #wait: () => Promise<void>;
  readonly #cancel: (() => void) | undefined;
  #waiting: Promise<void> | undefined;
  #isDropped = false;

  /** wait may resolve before it is there, which is asked again then; cancel ends a wait. */
  constructor(isReady: () => boolean, wait: () => Promise<void>, cancel?: () => void) {
    this.#isReady = isReady;
    this.#wait = wait;
    this.#cancel = cancel;
  }

  ready(): boolean {
    return this.#isReady();
  }

  block(): Promise<void> {
    this.#waiting ??= this.#untilReady().finally(() => (this.#waiting = undefined));
    return this.#waiting;
  }

  [Symbol.dispose](): void {
    this.#isDropped = true;
    this.#cancel?.();
  }

  async #untilReady(): Promise<void> {
    while (!this.#isDropped && !this.#isReady()) await this.#wait();
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
