import { expect, it } from "vitest";
import type { EndpointSlice } from "../../kube/objects.ts";
import { edgePercent } from "./edge-percent.ts";

const key = "fn-0123456789";

function slice(
  ready: readonly (boolean | undefined)[],
  own: boolean,
  addressType: "IPv4" | "IPv6" = "IPv4",
): EndpointSlice {
  const labels = own ? { "endpointslice.kubernetes.io/managed-by": "ebb.dev", "ebb.dev/function": key } : {};
  return {
    metadata: { name: "s", labels },
    addressType,
    endpoints: ready.map((value) => ({
      addresses: ["10.0.0.1"],
      conditions: value === undefined ? {} : { ready: value },
    })),
  };
}

it.each([
  ["no endpoint", [], 100, 0],
  ["only the workload's", [slice([true, true], false)], 100, 0],
  ["two of each", [slice([true], true), slice([true], true), slice([true, true], false)], 100, 50],
  ["two of each at half the weight", [slice([true, true], true), slice([true, true], false)], 50, 25],
  ["only gateways", [slice([true, true], true)], 100, 100],
  ["a workload that is not ready", [slice([true], true), slice([false], false)], 100, 100],
  ["a workload that says nothing of readiness", [slice([true], true), slice([undefined], false)], 100, 50],
  [
    "both families, counted once",
    [slice([true], true), slice([true], true, "IPv6"), slice([true], false)],
    100,
    50,
  ],
] as const)("counts %s", (_, slices, weight, expected) => {
  expect(edgePercent(slices, key, weight)).toBe(expected);
});
