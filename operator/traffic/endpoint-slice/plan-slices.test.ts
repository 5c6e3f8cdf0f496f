import { describe, expect, it } from "vitest";
import { gatewayEntry } from "../../../test/kit/gateway-entry.ts";
import { inSlicesCondition } from "../../api/v1alpha1/names.ts";
import type { EndpointSlice, ObjectCondition, Pod } from "../../kube/objects.ts";
import { type PlanInput, planSlices } from "./plan-slices.ts";
import { desiredSlice } from "./slices.ts";

const entry = gatewayEntry("10.1.0.1");

interface PodState {
  readonly ready?: boolean;
  readonly gate?: boolean;
  readonly terminating?: boolean;
  readonly ips?: readonly string[];
  readonly nodeLost?: boolean;
}

function gatewayPod(name: string, state: PodState = {}): Pod {
  const {
    ready = true,
    gate = false,
    terminating = false,
    ips = [`10.0.0.${name.length}`],
    nodeLost = false,
  } = state;
  const conditions: ObjectCondition[] = [{ type: "ContainersReady", status: ready ? "True" : "False" }];
  if (gate)
    conditions.push({ type: inSlicesCondition, status: "True", lastTransitionTime: "2026-01-01T00:00:10Z" });
  const lastTransitionTime = nodeLost ? "2026-01-01T00:09:00Z" : "2026-01-01T00:00:05Z";
  conditions.push({ type: "Ready", status: gate && !nodeLost ? "True" : "False", lastTransitionTime });
  return {
    metadata: {
      name,
      namespace: "shop",
      uid: `uid-${name}`,
      ...(terminating ? { deletionTimestamp: "2026-01-01T00:10:00Z" } : {}),
    },
    spec: { containers: [] },
    status: { phase: "Running", podIPs: ips.map((ip) => ({ ip })), conditions },
  };
}

const sliceOf = (pod: Pod, ready = true): EndpointSlice =>
  desiredSlice(entry, pod, "IPv4", { ready, serving: true });

function plan(input: Partial<PlanInput>) {
  return planSlices({
    entries: [entry],
    pods: [],
    slices: [],
    hasConfirmed: () => true,
    isLost: () => false,
    ...input,
  });
}

const conditionsOf = (slice: EndpointSlice | undefined) => slice?.endpoints?.[0]?.conditions;

describe("a new pod", () => {
  it("gets its slice, then its gate, once it has confirmed", () => {
    const pod = gatewayPod("a");
    const { create, gates, waiting } = plan({ pods: [pod] });
    expect(create.map(conditionsOf)).toEqual([{ ready: true, serving: true, terminating: false }]);
    expect(gates).toEqual([{ pod, open: true }]);
    expect(waiting).toEqual([]);
  });

  it.each([
    ["has not confirmed", gatewayPod("a"), false],
    ["has containers that are not ready", gatewayPod("a", { ready: false }), true],
    ["has no address", gatewayPod("a", { ips: [] }), true],
  ])("gets none while it %s", (_, pod, confirmed) => {
    const { create, gates } = plan({ pods: [pod], hasConfirmed: () => confirmed });
    expect(create).toEqual([]);
    expect(gates).toEqual([]);
  });

  it("gets one slice for each address family of the Service that it has", () => {
    const dual = gatewayEntry("10.1.0.1", {
      service: { name: "s", portName: "", families: ["IPv4", "IPv6"] },
    });
    const { create } = plan({ entries: [dual], pods: [gatewayPod("a", { ips: ["10.0.0.1", "fd00::1"] })] });
    expect(create.map(({ addressType, endpoints }) => [addressType, endpoints?.[0]?.addresses])).toEqual([
      ["IPv4", ["10.0.0.1"]],
      ["IPv6", ["fd00::1"]],
    ]);
    expect(create.map(({ ports }) => ports?.[0]?.name)).toEqual(["", ""]);
  });

  it("is ready at once in a namespace without functions", () => {
    const pod = gatewayPod("a");
    expect(plan({ entries: [], pods: [pod] }).gates).toEqual([{ pod, open: true }]);
  });
});

it("changes nothing when all is as it should be", () => {
  const pods = [gatewayPod("a", { gate: true }), gatewayPod("bb", { gate: true })];
  const result = plan({ pods, slices: pods.map((pod) => sliceOf(pod)) });
  expect(result).toEqual({ create: [], update: [], remove: [], gates: [], waiting: [] });
});

it("does not close the gate of a pod that is not in the slices of a new function yet", () => {
  const pod = gatewayPod("a", { gate: true });
  const { gates, waiting } = plan({ pods: [pod], hasConfirmed: () => false });
  expect(gates).toEqual([]);
  expect(waiting).toEqual(["a"]);
});

it.each([
  ["terminates", { gate: true, terminating: true }, { ready: false, serving: true, terminating: true }],
  [
    "has containers that are not ready",
    { ready: false },
    { ready: false, serving: false, terminating: false },
  ],
  [
    "is on a node that is lost",
    { gate: true, nodeLost: true },
    { ready: false, serving: false, terminating: false },
  ],
])("takes a pod that %s for not ready while another answers", (_, state, conditions) => {
  const pods = [gatewayPod("a", state), gatewayPod("bb", { gate: true })];
  const { update } = plan({ pods, slices: pods.map((pod) => sliceOf(pod)) });
  expect(update.map(({ wanted }) => conditionsOf(wanted))).toEqual([conditions]);
});

it("keeps the last pod that answers ready while it terminates", () => {
  const pod = gatewayPod("a", { gate: true, terminating: true });
  const { update } = plan({ pods: [pod], slices: [sliceOf(gatewayPod("a"))] });
  expect(update.map(({ wanted }) => conditionsOf(wanted))).toEqual([
    { ready: true, serving: true, terminating: true },
  ]);
});

it("tells first of endpoints that become ready", () => {
  const pods = [gatewayPod("a", { gate: true, terminating: true }), gatewayPod("bb", { gate: true })];
  const slices = [sliceOf(pods[0] ?? gatewayPod("a")), sliceOf(pods[1] ?? gatewayPod("bb"), false)];
  const { update } = plan({ pods, slices });
  expect(update.map(({ wanted }) => conditionsOf(wanted)?.ready)).toEqual([true, false]);
});

describe("a pod that has not confirmed for too long", () => {
  const pods = [gatewayPod("a", { gate: true }), gatewayPod("bb", { gate: true })];
  const slices = pods.map((pod) => sliceOf(pod));

  it("leaves the slices and is no longer ready", () => {
    const { remove, gates } = plan({ pods, slices, isLost: (pod) => pod.metadata.name === "a" });
    expect(remove).toEqual([slices[0]]);
    expect(gates).toEqual([{ pod: pods[0], open: false }]);
  });

  it("stays when it is the last", () => {
    expect(plan({ pods, slices, isLost: () => true }).remove).toEqual([]);
  });
});

describe("when the function gets another Service", () => {
  const pod = gatewayPod("a", { gate: true });
  const moved = gatewayEntry("10.1.0.1", {
    service: { name: "till", portName: "http", families: ["IPv4"] },
  });
  const former = sliceOf(pod);
  const present = desiredSlice(moved, pod, "IPv4", { ready: true, serving: true });

  it("makes new slices under other names before it removes the former", () => {
    const first = plan({ entries: [moved], pods: [pod], slices: [former] });
    expect(first.create).toEqual([present]);
    expect(first.update).toEqual([]);
    expect(first.remove).toEqual([]);
    expect(present.metadata.name).not.toBe(former.metadata.name);
    const second = plan({ entries: [moved], pods: [pod], slices: [former, present] });
    expect(second).toMatchObject({ create: [], update: [], remove: [former] });
  });

  it("still tells the former Service of a pod that terminates", () => {
    const leaving = gatewayPod("a", { gate: true, terminating: true });
    const other = gatewayPod("bb", { gate: true });
    const { update } = plan({ entries: [moved], pods: [leaving, other], slices: [former] });
    expect(update.map(({ wanted }) => [wanted.metadata, conditionsOf(wanted)?.ready])).toEqual([
      [former.metadata, false],
    ]);
  });

  it("replaces a slice of its own that somebody gave to another Service", () => {
    const astray = {
      ...former,
      metadata: {
        ...former.metadata,
        labels: { ...former.metadata.labels, "kubernetes.io/service-name": "x" },
      },
    };
    expect(plan({ pods: [pod], slices: [astray] }).remove).toEqual([astray]);
  });
});

it("follows the Service's port", () => {
  const pod = gatewayPod("a", { gate: true });
  const renamed = gatewayEntry("10.1.0.1", {
    service: { name: "checkout", portName: "web", appProtocol: "http", families: ["IPv4"] },
  });
  const { update } = plan({ entries: [renamed], pods: [pod], slices: [sliceOf(pod)] });
  expect(update[0]?.wanted.ports).toEqual([
    { name: "web", port: 20_000, protocol: "TCP", appProtocol: "http" },
  ]);
});
