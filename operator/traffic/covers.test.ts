import { expect, it } from "vitest";
import { covers } from "./covers.ts";

it.each([
  [{ a: 1, b: 2 }, { a: 1 }, true],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: { b: [1, 2] } }, { a: { b: [1, 2] } }, true],
  [{ a: [1, 2] }, { a: [1] }, false],
  [{ a: [{ b: 1, added: 2 }] }, { a: [{ b: 1 }] }, true],
  [{ a: "1" }, { a: 1 }, false],
  [undefined, { a: 1 }, false],
  [null, null, true],
  [{ a: undefined }, { a: undefined }, true],
])("%j covers %j: %s", (actual, wanted, expected) => {
  expect(covers(actual, wanted)).toBe(expected);
});
