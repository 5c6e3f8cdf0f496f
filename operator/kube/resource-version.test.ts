import { expect, test } from "vitest";
import { isNewer } from "./resource-version.ts";

test.each([
  ["10", "9", true],
  ["9", "10", false],
  ["10", "10", false],
  ["18446744073709551616", "9999999999999999999", true],
  ["1", "", true],
  ["1", undefined, true],
  ["", "1", false],
  [undefined, undefined, false],
])("%s is newer than %s: %s", (left, right, newer) => {
  expect(isNewer(left, right)).toBe(newer);
});
