/** The time limit and the abort signals of one call, gathered in one signal that is let go of when the call ends. */
import type { Clock } from "../api/clock.ts";

export interface CallScope extends Disposable {
  /** Aborts with TimedOut at the limit, or with the reason of the first of the outer signals. */
  readonly signal: AbortSignal;
  /** Milliseconds until the limit. */
  remaining(): number;
}

/** The limit of a call has passed. */
export class TimedOut extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.name = "TimedOut";
  }
}

/** Why a time limit is not waited for: one object for all, since without a reason each call would make an error. */
const inTime = "the call ended in time";

/** Not AbortSignal.any: its registrations on a signal as old as the process outlive the call. */
export function openScope(clock: Clock, limitMs: number, outer: readonly AbortSignal[]): CallScope {
  const controller = new AbortController();
  const timer = new AbortController();
  const deadline = clock.now() + limitMs;
  const release: (() => void)[] = [];
  for (const signal of outer) {
    if (signal.aborted) controller.abort(signal.reason);
    const abort = (): void => controller.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    release.push(() => signal.removeEventListener("abort", abort));
  }
  clock.sleep(limitMs, timer.signal).then(
    () => controller.abort(new TimedOut(limitMs)),
    (reason: unknown) => {
      if (!timer.signal.aborted) controller.abort(reason);
    },
  );
  return {
    signal: controller.signal,
    remaining: () => deadline - clock.now(),
    [Symbol.dispose]: () => {
      timer.abort(inTime);
      for (const free of release) free();
    },
  };
}

/** The promise's outcome, or the signal's reason when that comes first; the promise itself goes on. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
