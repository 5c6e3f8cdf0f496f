import { expect, test } from "vitest";
import { exponentialBackoff } from "./backoff.ts";

test("delays double up to the last, and begin again after a reset", () => {
  const backoff = exponentialBackoff(800, 30_000, () => 0);
  expect(Array.from({ length: 8 }, () => backoff.next())).toEqual([
    800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000,
  ]);
  backoff.reset();
  expect(backoff.next()).toBe(800);
});

test("jitter adds up to a half, never beyond the last delay", () => {
  const backoff = exponentialBackoff(800, 30_000, () => 0.999);
  expect(backoff.next()).toBeCloseTo(1199.6);
  for (let count = 0; count < 100; count += 1) expect(backoff.next()).toBeLessThanOrEqual(30_000);
});
