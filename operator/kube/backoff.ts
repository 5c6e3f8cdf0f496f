/** Delays that double, with jitter, so that many clients of a server that comes back do not arrive together. */

export interface Backoff {
  /** Milliseconds to wait before the next try. */
  next(): number;
  /** After a success: the next delay is the first again. */
  reset(): void;
}

/** random is in [0, 1); the delay is between one and one and a half times the exponential one, at most maxMs. */
export function exponentialBackoff(firstMs: number, maxMs: number, random: () => number): Backoff {
  let failures = 0;
  return {
    next: () => {
      const delay = firstMs * 2 ** Math.min(failures, 30);
      failures += 1;
      return Math.min(maxMs, delay * (1 + random() / 2));
    },
    reset: () => {
      failures = 0;
    },
  };
}
