import { expect, it } from "vitest";
import type { LabelSelector } from "./objects.ts";
import { selects } from "./label-selector.ts";

const web = { app: "web", tier: "front" };

it.each<[string, LabelSelector, boolean]>([
  ["an empty selector", {}, true],
  ["an equal label", { matchLabels: { app: "web" } }, true],
  ["another value", { matchLabels: { app: "api" } }, false],
  ["a label that is there", { matchExpressions: [{ key: "tier", operator: "Exists" }] }, true],
  [
    "a label that must not be there",
    { matchExpressions: [{ key: "tier", operator: "DoesNotExist" }] },
    false,
  ],
  ["a listed value", { matchExpressions: [{ key: "app", operator: "In", values: ["web"] }] }, true],
  [
    "a value that is not listed",
    { matchExpressions: [{ key: "app", operator: "In", values: ["x"] }] },
    false,
  ],
  ["a value to avoid", { matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] }, false],
  ["no value to avoid", { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] }, true],
])("looks at %s", (_title, selector, isSelected) => {
  expect(selects(selector, web)).toBe(isSelected);
});
