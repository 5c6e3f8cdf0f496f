import { expect, it } from "vitest";
import type { EdgeFunction } from "../kube/edge-objects.ts";
import { ownerBefore } from "./claim.ts";

function fn(
  name: string,
  day: number,
  workload: string,
  more: { service?: string; away?: boolean } = {},
): EdgeFunction {
  return {
    metadata: { name, namespace: "shop", uid: name, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
    spec: {
      placement: "Edge",
      suspend: false,
      workloadRef: { name: workload },
      ...(more.service === undefined ? {} : { serviceRef: { name: more.service } }),
      module: { abi: "Auto", configMapKeyRef: { name: "m", key: "k" } },
      offload: { drainPeriod: "5s" },
    },
    ...(more.away === true
      ? { status: { savedScale: { replicas: 2, recordTime: "2026-01-01T00:00:00Z", deploymentUID: "d" } } }
      : {}),
  };
}

const old = fn("old", 1, "checkout");
const young = fn("young", 2, "checkout");

it("gives the workload to the older function", () => {
  expect(ownerBefore(young, [old, young])?.metadata.name).toBe("old");
  expect(ownerBefore(old, [old, young])).toBeUndefined();
});

it("decides by uid when both are of one second", () => {
  const twin = { ...young, metadata: { ...young.metadata, uid: "a" } };
  expect(ownerBefore(young, [young, twin])?.metadata.uid).toBe("a");
});

it("leaves a workload that is away to the function that took it", () => {
  const taker = fn("taker", 2, "checkout", { away: true });
  expect(ownerBefore(old, [old, taker])?.metadata.name).toBe("taker");
  expect(ownerBefore(taker, [old, taker])).toBeUndefined();
});

it("counts a Service that both name as shared", () => {
  const left = fn("left", 1, "a", { service: "web" });
  const right = fn("right", 2, "b", { service: "web" });
  expect(ownerBefore(right, [left, right])?.metadata.name).toBe("left");
});

it("lets functions of other workloads be", () => {
  expect(ownerBefore(young, [fn("other", 1, "till"), young])).toBeUndefined();
});
