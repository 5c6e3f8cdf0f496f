/** Holds a call to the time that its function has. */

/** The call took longer; it is broken off. */
export class TimedOut extends Error {}

/**
 * limit is in milliseconds. A call that kept the thread to itself, so that no timer could end it, is
 * measured when it has answered. Errors: TimedOut, and those of call.
 */
export async function within(
  limit: number,
  now: () => number,
  call: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const stop = new AbortController();
  const started = now();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new TimedOut()), limit);
  try {
    const response = await Promise.race([call(stop.signal), late]);
    if (now() - started <= limit) return response;
    throw new TimedOut();
  } catch (error) {
    if (error instanceof TimedOut) stop.abort(error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
