/** Each law sees a breach of it that is made by hand. */
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  finalizer,
  labels,
  managedByEbb,
  savedScaleAnnotation,
} from "../../../operator/api/v1alpha1/names.ts";
import { type EdgeFunction, edgeFunctions } from "../../../operator/kube/edge-objects.ts";
import { configMaps, endpointSlices, pods, secrets, services } from "../../../operator/kube/objects.ts";
import type { KubeObject, Resource } from "../../../operator/kube/resource.ts";
import { kubeConfigOf } from "../../kit/fake-apiserver/kube-config.ts";
import { mergePatch, RawApi } from "../../kit/fake-apiserver/suite/api-under-test.ts";
import { isReady } from "../../kit/fake-cluster/pods.ts";
import { checkoutOnWorkerd, namespace } from "../checkout.ts";
import { given, type World } from "../world.ts";
import { secretMark } from "./secrets-kept.ts";

const ref = { namespace, name: "checkout" };
const base = `/apis/apps/v1/namespaces/${namespace}/deployments/checkout`;

let world: World;
/** Writes as the operator does. */
let operator: RawApi;

beforeEach(async () => {
  world = await given.cluster({ deployment: "checkout", replicas: 2, edgeFunction: checkoutOnWorkerd });
  operator = new RawApi(kubeConfigOf(world.server, "operator-by-hand"));
});

afterEach(async () => {
  await operator.close();
  await world.end();
});

function patch(path: string, body: unknown): Promise<unknown> {
  return operator.ok("PATCH", path, { body, type: mergePatch });
}

function edit<T extends KubeObject>(
  resource: Resource<T>,
  change: (live: T) => T,
  subresource?: "status",
): void {
  world.server.change(resource, ref, change, subresource === undefined ? {} : { subresource });
}

function annotated(value: string | null): unknown {
  return { metadata: { annotations: { [savedScaleAnnotation]: value } } };
}

function logStep(reconcile: string): void {
  world.laws.onLog({ level: 20, reconcile, object: `${namespace}/checkout`, step: "scaleDown" });
}

function configMapOfEbb(name: string): unknown {
  const marks = { [labels.managedBy]: managedByEbb };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: marks } };
}

/** Breaches of law 4 after a scale-down, between, and the drop of the saved scale. */
async function breachesOfTwoEffects(between: () => void): Promise<string[]> {
  await patch(`${base}/scale`, { spec: { replicas: 2 } });
  await patch(base, annotated("{}"));
  logStep("start");
  const before = world.laws.breaches.length;
  await patch(`${base}/scale`, { spec: { replicas: 1 } });
  between();
  await patch(base, annotated(null));
  logStep("second");
  return world.laws.breaches.slice(before).filter((breach) => breach.startsWith("law 4"));
}

type Condition = NonNullable<NonNullable<EdgeFunction["status"]>["conditions"]>[number];

function condition(type: string, seconds: number): Condition {
  const lastTransitionTime = `2026-01-01T00:00:0${seconds}Z`;
  return { type, status: "True", reason: "Test", message: "", observedGeneration: 1, lastTransitionTime };
}

function writeConditions(...conditions: Condition[]): void {
  edit(edgeFunctions, (live) => ({ ...live, status: { observedGeneration: 1, conditions } }), "status");
}

const first = (): string => world.laws.breaches[0] ?? "none";

it("holds while nothing happens", async () => {
  await patch(`${base}/scale`, { spec: { replicas: 2 } });
  expect(world.laws.breaches).toEqual([]);
});

it("1: sees a Service without a ready endpoint", () => {
  edit(services, (live) => ({ ...live, metadata: { ...live.metadata, labels: { a: "b" } } }));
  expect(world.laws.breaches).toEqual([]);
  const slice = { namespace, name: "checkout-pods" };
  world.server.change(endpointSlices, slice, (live) => ({ ...live, endpoints: [] }));
  expect(first()).toMatch(/^law 1 .*none of the 0 ready endpoints of Service checkout answers/);
});

it("1: does not take an endpoint whose pod is not ready for one that answers", () => {
  for (const pod of world.server.readAll(pods, namespace).filter(isReady)) {
    const name = pod.metadata.name;
    const status = { ...pod.status, conditions: [] };
    world.server.change(pods, { namespace, name }, (live) => ({ ...live, status }), {
      subresource: "status",
    });
  }
  expect(first()).toMatch(/^law 1 .*none of the 2 ready endpoints/);
});

it("2: sees replicas go below the count before the scale is saved twice", async () => {
  await patch(`${base}/scale`, { spec: { replicas: 1 } });
  expect(first()).toMatch(/^law 2, 3 .*the workload is away and status has no saved scale/);
});

it("2: sees a scale-down that no gateway has confirmed, and one with a wrong count", async () => {
  const savedScale = { replicas: 2, recordTime: "2026-01-01T00:00:00Z", deploymentUID: "uid" };
  edit(edgeFunctions, (live) => ({ ...live, status: { savedScale } }), "status");
  await patch(base, { metadata: { annotations: { [savedScaleAnnotation]: JSON.stringify(savedScale) } } });
  const before = world.laws.breaches.length;
  await patch(`${base}/scale`, { spec: { replicas: 1 } });
  expect(world.laws.breaches[before]).toMatch(/no gateway pod is ready/);
  await patch(base, { metadata: { annotations: { [savedScaleAnnotation]: '{"replicas":1}' } } });
  expect(world.laws.breaches.join()).toMatch(/annotation says \{"replicas":1\}/);
});

it("4: sees two effects in one pass, and not those of two passes", async () => {
  expect(await breachesOfTwoEffects(() => logStep("first"))).toEqual([]);
  expect(await breachesOfTwoEffects(() => undefined)).toEqual([
    "law 4 one effect a pass: scale down and drop of the saved scale",
  ]);
});

it("5: sees more than the scale of a Deployment change, and any write to a Service", async () => {
  await patch(base, { spec: { paused: true } });
  expect(first()).toMatch(/^law 5 .*more than scale and annotations of Deployment checkout changed/);
  await patch(`/api/v1/namespaces/${namespace}/services/checkout`, { metadata: { labels: { a: "b" } } });
  expect(world.laws.breaches.some((breach) => /Service checkout is not Ebb's/.test(breach))).toBe(true);
});

it("5: sees an annotation of somebody else's change", async () => {
  await patch(base, { metadata: { annotations: { "example.com/team": "other" } } });
  expect(first()).toMatch(/^law 5/);
});

it("6: sees a write before the finalizer, and none after it", async () => {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  await operator.ok("POST", path, { body: configMapOfEbb("early") });
  expect(first()).toMatch(/^law 6 .*ConfigMap early was written without the finalizer/);
  edit(edgeFunctions, (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [finalizer] } }));
  const before = world.laws.breaches.length;
  await operator.ok("POST", path, { body: configMapOfEbb("late") });
  expect(world.laws.breaches.length).toBe(before);
});

it.each([
  ["a private key", "-----BEGIN PRIVATE KEY-----"],
  ["a value of a Secret", `${secretMark}one`],
  ["a value of a Secret as it is encoded there", Buffer.from(`${secretMark}one`).toString("base64")],
])("8: sees %s outside a Secret", (_what, value) => {
  const data = { key: value };
  world.server.put(secrets, { metadata: { namespace, name: "kept" }, data });
  expect(first()).toBe("none");
  world.server.put(configMaps, { metadata: { namespace, name: "leak" }, data });
  expect(first()).toMatch(/^law 8 .*ConfigMap leak holds a secret/);
});

it("8: sees a value of a Secret in the log", () => {
  world.laws.onLog({ level: 30, msg: `read ${secretMark}one` });
  expect(first()).toMatch(/^law 8 .*log holds a secret/);
});

it("sees a status that is Ready and Stalled at once, and one in which only times change", () => {
  writeConditions(condition("Ready", 1));
  expect(world.laws.breaches).toEqual([]);
  writeConditions(condition("Ready", 2));
  expect(first()).toMatch(/^law kstatus: only times of status changed/);
  writeConditions(condition("Ready", 2), condition("Stalled", 2));
  expect(world.laws.breaches.at(-1)).toMatch(/^law kstatus: Ready is True while not at rest/);
});
