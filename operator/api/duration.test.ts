import { expect, it } from "vitest";
import { parseDuration } from "./duration.ts";

it.each([
  ["0s", 0],
  ["5s", 5000],
  ["250ms", 250],
  ["1m30s", 90_000],
  ["1h1m1s1ms", 3_661_001],
])("reads %s as %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each(["", "5", "s", "1d", "-5s", "1.5s", "5 s", "1s1s1s1s1s"])("refuses %j", (text) => {
  expect(() => parseDuration(text)).toThrow(RangeError);
});
