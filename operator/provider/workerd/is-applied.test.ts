import { expect, it } from "vitest";
import { isApplied } from "./is-applied.ts";

it.each([
  [{ a: 1 }, { a: 1, b: 2 }, true],
  [{ a: { b: 1 } }, { a: { b: 1, c: 2 } }, true],
  [{ a: 1 }, { a: 2 }, false],
  [{ a: 1 }, undefined, false],
  [{ a: null }, {}, false],
  [[1, 2], [1, 2], true],
  [[1], [1, 2], false],
  [[{ name: "a" }], [{ name: "a", protocol: "TCP" }], true],
  [{ cpu: "1000m" }, { cpu: "1" }, true],
  [{ memory: "1024Mi" }, { memory: "1Gi" }, true],
  [{ memory: "1G" }, { memory: "1Gi" }, false],
  [{ image: "a:1" }, { image: "a:2" }, false],
])("compares %j with a live %j: %s", (wanted, live, expected) => {
  expect(isApplied(wanted, live)).toBe(expected);
});
