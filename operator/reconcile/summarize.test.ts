import { describe, expect, it } from "vitest";
import { ApiError } from "../kube/api-error.ts";
import type { EdgeFunction } from "../kube/edge-objects.ts";
import { Pause, Retry, Stall, Wait } from "./flow.ts";
import { StatusDraft } from "./status-draft.ts";
import { summarize } from "./summarize.ts";

const now = "2026-01-01T00:00:00.000Z";

const functionAt = (
  change: { placement?: "Edge" | "Cluster"; deletionTimestamp?: string } = {},
): EdgeFunction => ({
  metadata: {
    name: "checkout",
    namespace: "shop",
    generation: 3,
    ...(change.deletionTimestamp === undefined ? {} : { deletionTimestamp: change.deletionTimestamp }),
  },
  spec: {
    placement: change.placement ?? "Edge",
    suspend: false,
    workloadRef: { name: "checkout" },
    module: { abi: "Auto", configMapKeyRef: { name: "m", key: "k" } },
    offload: { drainPeriod: "5s" },
  },
});

const endings: readonly (readonly [string, unknown])[] = [
  ["done", undefined],
  ["a stall", new Stall("ServiceNotFound", "No Service.")],
  ["a pause", new Pause("Suspended", "spec.suspend is true.")],
  ["a wait", new Wait("Shifting", "Not confirmed.", 1000)],
  ["a source that does not answer", new Retry("SourceUnavailable", "The registry is away.", { after: 1000 })],
  ["an API error", new ApiError(500, "InternalError", "secret detail")],
  ["an unknown error", new Error("secret detail")],
];

describe.each(endings)("after %s", (_title, ended) => {
  const fn = functionAt();
  const draft = new StatusDraft(undefined, 3, now);
  summarize(fn, draft, ended);
  const status = draft.build();
  const find = (type: string) => status.conditions?.find((condition) => condition.type === type);

  it("reads right for kstatus", () => {
    const isReady = find("Ready")?.status === "True";
    const isStalled = find("Stalled") !== undefined;
    const isReconciling = find("Reconciling") !== undefined;
    expect(find("Ready")).toBeDefined();
    expect(isReady && (isStalled || isReconciling)).toBe(false);
    expect(isStalled && isReconciling).toBe(false);
    expect([isReady, isStalled, isReconciling].filter(Boolean)).toHaveLength(ended instanceof Pause ? 0 : 1);
    expect(status.observedGeneration).toBe(3);
    expect(status.conditions?.every((condition) => condition.observedGeneration === 3)).toBe(true);
    if (find("Ready")?.status === "Unknown") expect(isReconciling).toBe(true);
  });

  it("keeps what an error holds out of the status", () => {
    expect(JSON.stringify(status)).not.toContain("secret detail");
  });
});

it("keeps the time of a condition whose status stays", () => {
  const first = new StatusDraft(undefined, 1, now);
  first.setCondition("Published", "True", "Published", "v1");
  const second = new StatusDraft(first.build(), 1, "2026-01-02T00:00:00.000Z");
  second.setCondition("Published", "True", "Published", "v2");
  expect(second.condition("Published")).toMatchObject({ lastTransitionTime: now, message: "v2" });
  second.setCondition("Published", "False", "Publishing", "v3");
  expect(second.condition("Published")?.lastTransitionTime).toBe("2026-01-02T00:00:00.000Z");
});

it.each(endings)("changes nothing when a pass ends as the one before, with %s", (_title, ended) => {
  const first = new StatusDraft(undefined, 3, now);
  summarize(functionAt(), first, ended);
  const second = new StatusDraft(first.build(), 3, "2026-01-02T00:00:00.000Z");
  summarize(functionAt(), second, ended);
  expect(second.build()).toEqual(first.build());
});

it("keeps the time of a condition that a pass changes to and fro", () => {
  const first = new StatusDraft(undefined, 1, now);
  first.setCondition("Eligible", "False", "EdgeTargetNotFound", "");
  const second = new StatusDraft(first.build(), 1, "2026-01-02T00:00:00.000Z");
  second.setCondition("Eligible", "True", "Eligible", "");
  second.setCondition("Eligible", "False", "EdgeTargetNotFound", "");
  expect(second.condition("Eligible")?.lastTransitionTime).toBe(now);
});

it("does not say of a new spec what it knew of the former one", () => {
  const first = new StatusDraft(undefined, 1, now);
  first.setCondition("Published", "True", "Published", "v1");
  first.setCondition("TrafficShifted", "True", "AtEdge", "100 %");
  const second = new StatusDraft({ ...first.build(), observedGeneration: 1 }, 2, now);
  expect(second.condition("Published")?.status).toBe("Unknown");
  expect(second.condition("TrafficShifted")?.status).toBe("True");
});

it("tells nothing of a conflict and reads again", () => {
  const draft = new StatusDraft(undefined, 1, now);
  expect(summarize(functionAt(), draft, new ApiError(409, "Conflict", "old"))).toMatchObject({
    kind: "Reread",
  });
  expect(draft.condition("Ready")).toBeUndefined();
});

it.each([
  ["Pending", functionAt(), {}],
  ["Publishing", functionAt(), { resolved: true }],
  ["Shifting", functionAt(), { resolved: true, gateway: true }],
  ["Offloaded", functionAt(), { resolved: true, gateway: true, offloaded: true }],
  ["Returning", functionAt({ placement: "Cluster" }), { gateway: true }],
  ["InCluster", functionAt({ placement: "Cluster" }), {}],
  ["Returning", functionAt({ deletionTimestamp: now }), {}],
] as const)("is %s", (phase, fn, state: { resolved?: boolean; gateway?: boolean; offloaded?: boolean }) => {
  const draft = new StatusDraft(undefined, 3, now);
  if (state.resolved === true) draft.setCondition("ModuleResolved", "True", "Resolved", "");
  if (state.offloaded === true) draft.setCondition("Offloaded", "True", "ScaledToZero", "");
  if (state.gateway === true) draft.set("gateway", { name: "ebb-gateway", port: 20_000 });
  summarize(fn, draft, undefined);
  expect(draft.fields.phase).toBe(phase);
});

it.each([
  [undefined, { kind: "Rest" }],
  [{ recheckAfter: 60_000 }, { kind: "After", ms: 60_000 }],
])("after a stall with %j the next is %j", (options, next) => {
  const stall = new Stall("StrictMesh", "Strict.", options);
  expect(summarize(functionAt(), new StatusDraft(undefined, 3, now), stall)).toEqual(next);
});
