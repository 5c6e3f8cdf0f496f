import pino from "pino";
import { expect, it } from "vitest";
import { gatewayEntry } from "../../../test/kit/gateway-entry.ts";
import { ManualClock } from "../../../test/kit/manual-clock.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import type { Pod } from "../../kube/objects.ts";
import { ObjectCache } from "../../kube/object-cache.ts";
import { Confirmation } from "./confirm.ts";
import { clusterNames } from "./envoy-config.ts";
import type { GatewayEntry } from "./entry.ts";
import type { GatewayState, OpsClient } from "./ops-client.ts";
import { routesVersion } from "./render-routes.ts";

const entry = gatewayEntry("10.1.0.1");

function stateOf(wanted: GatewayEntry): GatewayState {
  const clusters = wanted.paths.flatMap((path) => Object.values(clusterNames(wanted.key, path)));
  return {
    listeners: new Set([wanted.key]),
    clusters: new Set(clusters),
    routes: new Map([[wanted.key, routesVersion(wanted)]]),
    connections: new Map(),
    warming: new Set(),
    rejected: new Map(),
  };
}

function gatewayPod(
  name: string,
  address: string,
  resourceVersion = "1",
  conditions = [{ type: "ContainersReady", status: "True" as const }],
): Pod {
  return {
    metadata: {
      name,
      namespace: "shop",
      uid: `uid-${name}`,
      resourceVersion,
      labels: { "app.kubernetes.io/name": "ebb-gateway" },
    },
    spec: { containers: [], nodeName: `node-${name}` },
    status: { phase: "Running", podIP: address, conditions },
  };
}

/** Pods a at 10.0.0.1 and b at 10.0.0.2; states has what each says, undefined for no answer. */
function setUp(states: Record<string, GatewayState | undefined>, reasons: string[] = []) {
  const clock = new ManualClock();
  const touched: string[] = [];
  const cache = new ObjectCache<Pod>((pod) => pod);
  cache.replace([gatewayPod("a", "10.0.0.1"), gatewayPod("b", "10.0.0.2")], "1");
  const ops: OpsClient = {
    read: async (address) => states[address] ?? Promise.reject(new Error("no answer")),
    rejections: async () => reasons,
  };
  const client = {
    merge: async (_resource: unknown, { name }: { name: string }) => void touched.push(name),
  } as unknown as KubeClient;
  const confirmation = new Confirmation({
    client,
    pods: cache,
    ops,
    clock,
    log: pino({ level: "silent" }),
    gateway: "ebb-gateway",
  });
  return {
    clock,
    touched,
    cache,
    confirmation,
    states,
    confirm: () => confirmation.confirm("shop", entry, 0),
  };
}

const up = stateOf(entry);
const refused = (count: number) => new Map([[entry.key, count]]);
const behind = stateOf(gatewayEntry("10.1.0.1", { weight: 0 }));

it("is done when every ready pod runs with the entry", async () => {
  const { confirm } = setUp({ "10.0.0.1": up, "10.0.0.2": up });
  expect(await confirm()).toEqual({ done: true });
});

it("is not done while no pod is ready", async () => {
  const { cache, confirm } = setUp({});
  cache.replace([gatewayPod("a", "10.0.0.1", "2", [])], "2");
  expect(await confirm()).toMatchObject({ done: false, reason: "GatewayNotReady" });
});

it("does not ask a pod that terminates", async () => {
  const { cache, confirm } = setUp({ "10.0.0.1": up });
  const { metadata, ...pod } = gatewayPod("b", "10.0.0.2", "2");
  const leaving = { ...pod, metadata: { ...metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  cache.replace([gatewayPod("a", "10.0.0.1", "2"), leaving], "2");
  expect(await confirm()).toEqual({ done: true });
});

it("touches a late pod again after 1, 2, 5 and 10 seconds, and no other", async () => {
  const { clock, touched, confirm } = setUp({ "10.0.0.1": up, "10.0.0.2": behind });
  const times: number[] = [];
  const start = clock.now();
  for (let looks = 0; looks < 60; looks += 1) {
    const before = touched.length;
    await confirm();
    if (touched.length > before) times.push(clock.now() - start);
    await clock.advance(250);
  }
  expect(times).toEqual([1000, 2000, 5000, 10_000]);
  expect(new Set(touched)).toEqual(new Set(["b"]));
});

it("names the pod and its node after 30 seconds", async () => {
  const { clock, confirm } = setUp({ "10.0.0.1": up, "10.0.0.2": behind });
  expect(await confirm()).toMatchObject({ done: false, reason: "Confirming" });
  await clock.advance(30_000);
  expect(await confirm()).toMatchObject({
    reason: "GatewayBehind",
    message: expect.stringMatching(/pod b on node node-b .*routes are 0\./),
  });
});

it("says so when a pod does not answer", async () => {
  const { clock, confirm } = setUp({ "10.0.0.1": up });
  await confirm();
  await clock.advance(30_000);
  expect(await confirm()).toMatchObject({ message: expect.stringContaining("its ops port does not answer") });
});

it("gives Envoy's reason for a rejected update", async () => {
  const { clock, confirm } = setUp({ "10.0.0.1": behind, "10.0.0.2": up }, ["duplicate address"]);
  await confirm();
  await clock.advance(1000);
  expect(await confirm()).toMatchObject({
    reason: "GatewayRejected",
    message: "Envoy of pod a on node node-a refuses its configuration: duplicate address",
  });
});

it("reports an update that Envoy has refused since it last confirmed, without a reason of Envoy's", async () => {
  const { clock, confirm, states } = setUp({ "10.0.0.1": { ...up, rejected: refused(1) }, "10.0.0.2": up });
  expect(await confirm()).toEqual({ done: true });
  states["10.0.0.1"] = { ...behind, rejected: refused(1) };
  await confirm();
  await clock.advance(1000);
  expect(await confirm()).toMatchObject({ done: false, reason: "Confirming" });
  states["10.0.0.1"] = { ...behind, rejected: refused(2) };
  expect(await confirm()).toMatchObject({
    reason: "GatewayRejected",
    message: expect.stringMatching(/pod a on node node-a refuses its configuration: routes are 0\./),
  });
});

it("does not wait for the clusters of another function", async () => {
  const { edge } = clusterNames(entry.key, entry.route.path);
  const other = { ...up, warming: new Set(["fn-aaaaaaaaaa/edge.000000"]) };
  const own = { ...up, warming: new Set([edge]) };
  expect(await setUp({ "10.0.0.1": other, "10.0.0.2": other }).confirm()).toEqual({ done: true });
  expect(await setUp({ "10.0.0.1": own, "10.0.0.2": up }).confirm()).toMatchObject({ done: false });
});

it("gives a pod up after five minutes, until it confirms", async () => {
  const { clock, confirmation, states, confirm } = setUp({ "10.0.0.1": up, "10.0.0.2": behind });
  const late = gatewayPod("b", "10.0.0.2");
  await confirm();
  await clock.advance(299_000);
  expect(confirmation.isLost(late, entry.key)).toBe(false);
  await clock.advance(1000);
  expect(confirmation.isLost(late, entry.key)).toBe(true);
  expect(confirmation.isLost(gatewayPod("a", "10.0.0.1"), entry.key)).toBe(false);
  states["10.0.0.2"] = up;
  await confirm();
  expect(confirmation.isLost(late, entry.key)).toBe(false);
});
