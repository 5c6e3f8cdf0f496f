/** Workers that take keys from a queue and hand them to a handler. */
import type { Logger } from "pino";
import type { Clock } from "../api/clock.ts";
import type { WorkQueue } from "./work-queue.ts";

/** When to come back without an event; in milliseconds. */
interface ComeBack {
  readonly after: number;
}

export type Handler = (key: string, signal: AbortSignal) => Promise<void | ComeBack>;

export type HandlerResult = "success" | "error" | "requeue_after";

export interface WorkerHooks {
  onStart?(): void;
  onEnd?(result: HandlerResult, seconds: number): void;
}

export interface WorkersOptions {
  readonly queue: WorkQueue;
  readonly handler: Handler;
  /** How many keys are worked on at once. */
  readonly workers: number;
  /** Workers finish what they have begun, then return. */
  readonly stop: AbortSignal;
  /** Given to the handler: what it does is to end. No key is taken after it. */
  readonly fence: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly hooks?: WorkerHooks;
}

/**
 * Returns when stop or fence has aborted, or the queue is shut down, and no handler runs. A handler that throws has its
 * key tried again with backoff; one that returns has its backoff forgotten.
 */
export async function runWorkers(options: WorkersOptions): Promise<void> {
  const leave = new AbortController();
  const abort = (): void => leave.abort();
  for (const signal of [options.stop, options.fence]) {
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
  }
  try {
    await Promise.all(Array.from({ length: options.workers }, () => work(options, leave.signal)));
  } finally {
    for (const signal of [options.stop, options.fence]) signal.removeEventListener("abort", abort);
  }
}

async function work(options: WorkersOptions, leave: AbortSignal): Promise<void> {
  for (;;) {
    const key = await options.queue.take(leave);
    if (key === undefined) return;
    try {
      // The key that came together with the end is left to the next term.
      if (leave.aborted) options.queue.add(key);
      else await handle(options, key);
    } finally {
      options.queue.done(key);
    }
  }
}

async function handle(
  { queue, handler, fence, clock, log, hooks }: WorkersOptions,
  key: string,
): Promise<void> {
  const started = clock.now();
  let result: HandlerResult = "success";
  hooks?.onStart?.();
  try {
    const comeBack = await handler(key, fence);
    queue.forget(key);
    if (comeBack !== undefined) {
      result = "requeue_after";
      queue.addAfter(key, comeBack.after);
    }
  } catch (error) {
    result = "error";
    log.warn({ err: error, key, retries: queue.retries(key) }, "a pass failed");
    queue.addRateLimited(key);
  } finally {
    hooks?.onEnd?.(result, (clock.now() - started) / 1000);
  }
}
