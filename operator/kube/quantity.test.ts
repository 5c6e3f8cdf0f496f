import { expect, it } from "vitest";
import { amountOf } from "./quantity.ts";

it.each([
  ["500m", 0.5],
  ["1", 1],
  [2, 2],
  ["1e3", 1000],
  ["64Mi", 67_108_864],
  ["64M", 64_000_000],
  ["", undefined],
  ["a lot", undefined],
  [undefined, undefined],
])("reads %s as %s", (text, amount) => {
  expect(amountOf(text)).toBe(amount);
});
