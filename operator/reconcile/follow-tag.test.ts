import { expect, it } from "vitest";
import type { EdgeFunction } from "../kube/edge-objects.ts";
import { followTag } from "./follow-tag.ts";
import type { Next } from "./summarize.ts";

const functionWith = (suspend: boolean, deletionTimestamp?: string): EdgeFunction => ({
  metadata: { name: "checkout", ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
  spec: {
    placement: "Edge",
    suspend,
    workloadRef: { name: "checkout" },
    module: { abi: "Auto" },
    offload: { drainPeriod: "5s" },
  },
});
const rest: Next = { kind: "Rest" };
const after = (ms: number): Next => ({ kind: "After", ms });

it.each([
  [rest, 500, after(500)],
  [after(1000), 500, after(500)],
  [after(100), 500, after(100)],
  [rest, undefined, rest],
] as const)("after %j a tag that is due in %s ms makes the next pass %j", (next, dueIn, expected) => {
  expect(followTag(functionWith(false), next, dueIn)).toEqual(expected);
});

it("leaves a pass that failed to its backoff", () => {
  const next: Next = { kind: "Backoff", error: new Error("no") };
  expect(followTag(functionWith(false), next, 0)).toBe(next);
});

it("looks up no tag of a function that is suspended or deleted", () => {
  expect(followTag(functionWith(true), rest, 0)).toBe(rest);
  expect(followTag(functionWith(false, "2026-01-01T00:00:00Z"), rest, 0)).toBe(rest);
});
