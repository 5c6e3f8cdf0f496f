/** Waiting for a state of the world by looking at it, never by counting on time. */
import { setTimeout as delay } from "node:timers/promises";

export interface Patience {
  readonly seconds: number;
  /** Called once when time is up; its text goes into the error. */
  readonly diagnose?: () => Promise<string>;
  /** Milliseconds between two looks. */
  readonly interval?: number;
}

/**
 * Looks until `missing` says that nothing is missing, and gives the milliseconds that took.
 * Errors: after the given seconds, with what was still missing and the diagnosis; whatever a look throws, at once.
 */
export async function eventually(
  what: string,
  missing: () => Promise<string | undefined>,
  { seconds, diagnose, interval = 200 }: Patience,
): Promise<number> {
  const started = performance.now();
  for (;;) {
    const lack = await missing();
    const passed = performance.now() - started;
    if (lack === undefined) return passed;
    if (passed > seconds * 1000) {
      const diagnosis = diagnose === undefined ? "" : `\n${await diagnose()}`;
      throw new Error(`after ${seconds} s not yet: ${what} (${lack})${diagnosis}`);
    }
    await delay(interval);
  }
}
