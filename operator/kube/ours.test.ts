import { expect, it } from "vitest";
import { isOurs } from "./ours.ts";

it.each([
  [{ "app.kubernetes.io/managed-by": "ebb" }, true],
  [{ "app.kubernetes.io/managed-by": "Helm" }, false],
  [undefined, false],
])("takes an object with labels %j for Ebb's: %s", (labels, expected) => {
  expect(isOurs({ metadata: { name: "a", ...(labels === undefined ? {} : { labels }) } })).toBe(expected);
});
