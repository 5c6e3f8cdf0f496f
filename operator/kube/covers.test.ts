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
  [{}, { a: null }, false],
  [null, null, true],
  [{ a: undefined }, { a: undefined }, true],
])("%j covers %j: %s", (actual, wanted, expected) => {
  expect(covers(actual, wanted)).toBe(expected);
});

it.each([
  [{ requests: { cpu: "1" } }, { requests: { cpu: "1000m" } }, true],
  [{ requests: { cpu: "700m" } }, { requests: { cpu: 0.7 } }, true],
  [{ limits: { memory: "1Gi" } }, { limits: { memory: "1024Mi" } }, true],
  [{ limits: { memory: "1Gi" } }, { limits: { memory: "1G" } }, false],
  [{ limits: { memory: "1e3" } }, { limits: { memory: "1k" } }, true],
  [{ emptyDir: { sizeLimit: "1Gi" } }, { emptyDir: { sizeLimit: "1024Mi" } }, true],
  [{ requests: { cpu: "fast" } }, { requests: { cpu: "slow" } }, false],
])("takes quantities for what they amount to: %j covers %j: %s", (actual, wanted, expected) => {
  expect(covers(actual, wanted)).toBe(expected);
});

it("compares text that only looks like a quantity as text", () => {
  expect(covers({ env: [{ name: "RATIO", value: "1" }] }, { env: [{ name: "RATIO", value: "1000m" }] })).toBe(
    false,
  );
});
