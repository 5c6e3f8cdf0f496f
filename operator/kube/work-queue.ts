/** The queue between events and workers, with the semantics of client-go's rate limited work queue. */
import type { Clock } from "../api/clock.ts";
import { DelayQueue } from "./delay-queue.ts";

/** Changes are handed out before what is only looked at again, as the first list of a kind is. */
export type Priority = "change" | "resync";

export interface WorkQueueHooks {
  /** Keys that wait to be handed out. */
  onDepth?(depth: number): void;
  /** Seconds that a key has waited until it was handed out. */
  onWaited?(seconds: number): void;
  onRetry?(): void;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly hooks?: WorkQueueHooks;
  /** Delay of a key's first retry in milliseconds, doubled by each further one; 5 unless given. */
  readonly firstRetryMs?: number;
  /** 60 000 unless given. */
  readonly lastRetryMs?: number;
}

/**
 * Guarantees: a key is never handed out again before its done; a key added while it is out is handed out once more after
 * its done; adding a waiting key again changes nothing but its priority.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #hooks: WorkQueueHooks;
  readonly #firstRetryMs: number;
  readonly #lastRetryMs: number;
  readonly #delayed: DelayQueue<string, Priority>;
  /** Keys that wait, with the time since when; a Map keeps their order. */
  readonly #waiting = { change: new Map<string, number>(), resync: new Map<string, number>() };
  readonly #out = new Set<string>();
  /** Keys that were added while out. */
  readonly #again = new Map<string, Priority>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  readonly #drained = Promise.withResolvers<void>();
  #closing = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#hooks = options.hooks ?? {};
    this.#firstRetryMs = options.firstRetryMs ?? 5;
    this.#lastRetryMs = options.lastRetryMs ?? 60_000;
    this.#delayed = new DelayQueue(options.clock, (key, priority) => this.add(key, priority));
  }

  /** Keys that wait to be handed out. */
  get depth(): number {
    return this.#waiting.change.size + this.#waiting.resync.size;
  }

  add(key: string, priority: Priority = "change"): void {
    if (this.#closing) return;
    if (this.#out.has(key)) {
      if (this.#again.get(key) !== "change") this.#again.set(key, priority);
      return;
    }
    this.#enqueue(key, priority);
  }

  /** Adds key after delayMs; the earliest of several delays of one key wins. */
  addAfter(key: string, delayMs: number, priority: Priority = "change"): void {
    if (this.#closing) return;
    if (delayMs <= 0) this.add(key, priority);
    else this.#delayed.add(key, priority, delayMs);
  }

  /** Adds key after its backoff, which grows until forget. */
  addRateLimited(key: string): void {
    if (this.#closing) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#hooks.onRetry?.();
    this.addAfter(key, Math.min(this.#lastRetryMs, this.#firstRetryMs * 2 ** Math.min(failures, 40)));
  }

  /** Ends key's backoff. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Retries of key since the last forget. */
  retries(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, as soon as there is one; undefined when the queue is shut down and empty, or signal aborts. Pair it with done. */
  async take(signal?: AbortSignal): Promise<string | undefined> {
    if (signal?.aborted) return undefined;
    const key = this.#next();
    if (key !== undefined || this.#closing) return key;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const leave = (): void => {
      this.#takers.splice(this.#takers.indexOf(taker), 1);
      resolve(undefined);
    };
    const taker = (taken: string | undefined): void => {
      signal?.removeEventListener("abort", leave);
      resolve(taken);
    };
    this.#takers.push(taker);
    signal?.addEventListener("abort", leave, { once: true });
    return await promise;
  }

  /** Ends the work on a key that take gave. */
  done(key: string): void {
    if (!this.#out.delete(key)) throw new Error(`${key} is not being worked on`);
    const priority = this.#again.get(key);
    this.#again.delete(key);
    if (priority !== undefined) this.#enqueue(key, priority);
    this.#checkDrained();
  }

  /** Takes no more keys and drops the delayed ones; resolves when those that wait have been handed out and are done. */
  async shutDown(): Promise<void> {
    this.#closing = true;
    this.#delayed.clear();
    if (this.depth === 0) for (const taker of this.#takers.splice(0)) taker(undefined);
    this.#checkDrained();
    await this.#drained.promise;
  }

  #enqueue(key: string, priority: Priority): void {
    const { change, resync } = this.#waiting;
    if (change.has(key)) return;
    const since = resync.get(key) ?? this.#clock.now();
    if (priority === "change") {
      resync.delete(key);
      change.set(key, since);
    } else {
      resync.set(key, since);
    }
    this.#hooks.onDepth?.(this.depth);
    const taker = this.#takers.shift();
    if (taker !== undefined) taker(this.#next());
  }

  #next(): string | undefined {
    for (const waiting of [this.#waiting.change, this.#waiting.resync]) {
      for (const [key, since] of waiting) {
        waiting.delete(key);
        this.#out.add(key);
        this.#hooks.onDepth?.(this.depth);
        this.#hooks.onWaited?.((this.#clock.now() - since) / 1000);
        return key;
      }
    }
    return undefined;
  }

  #checkDrained(): void {
    if (!this.#closing || this.depth > 0) return;
    for (const taker of this.#takers.splice(0)) taker(undefined);
    if (this.#out.size === 0) this.#drained.resolve();
  }
}
