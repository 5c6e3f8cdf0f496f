import { expect, test } from "vitest";
import { isNewEnough } from "./go.ts";

test.each([
  ["go version go1.26.6 linux/amd64", true],
  ["go version go1.26.10 linux/amd64", true],
  ["go version go1.27.0 linux/amd64", true],
  ["go version go1.26.5 linux/amd64", false],
  ["go version go1.9 linux/amd64", false],
  ["go version devel linux/amd64", false],
])("%s is new enough: %s", (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});
