/** What people do to a workload while it is away, and to a function on its way. */
import { afterEach, describe, expect, it } from "vitest";
import { savedScaleAnnotation } from "../../operator/api/v1alpha1/names.ts";
import { type EdgeFunction, edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { type ConfigMap, configMaps, deployments, namespaces } from "../../operator/kube/objects.ts";
import { checkoutOnWorkerd, deploymentOf, moduleOf, namespace } from "./checkout.ts";
import { given, type World } from "./world.ts";

const checkout = { namespace, name: "checkout" };

let world: World;
/** Laws that the person in the story breaks, not Ebb. */
let brokenByHand: RegExp | undefined;

afterEach(async () => {
  const breaches = world.laws.breaches.filter((breach) => brokenByHand?.test(breach) !== true);
  brokenByHand = undefined;
  await world.end();
  expect(breaches).toEqual([]);
});

async function offload(): Promise<void> {
  world = await given.cluster({ deployment: "checkout", replicas: 3, edgeFunction: checkoutOnWorkerd });
  world.startOperator();
  await world.untilOffloaded();
}

/** As a person does with kubectl scale. */
function scaleByHand(count: number): void {
  world.server.change(deployments, checkout, (live) => ({
    ...live,
    spec: { ...live.spec, replicas: count },
  }));
}

function patchFunction(spec: Partial<EdgeFunction["spec"]>): void {
  world.server.change(edgeFunctions, checkout, (live) => ({ ...live, spec: { ...live.spec, ...spec } }));
}

function replaceModule({ binaryData = {} }: Pick<ConfigMap, "binaryData">): void {
  const ref = { namespace, name: moduleOf("checkout").metadata.name };
  world.server.change(configMaps, ref, (live) => ({ ...live, binaryData }));
}

function withoutStatus({ status: _lost, ...rest }: EdgeFunction): EdgeFunction {
  return rest;
}

const replicas = (): number | undefined => world.liveDeployment()?.spec.replicas;
const status = (): EdgeFunction["status"] => world.edgeFunction()?.status;
const annotation = (): string | undefined =>
  world.liveDeployment()?.metadata.annotations?.[savedScaleAnnotation];

it("publishes new module bytes while the workload is away and moves the traffic to them", async () => {
  await offload();
  const former = status()?.edge?.version ?? "";
  replaceModule(moduleOf("checkout", "second"));
  await world.until("another version serves", () => status()?.edge?.version !== former);
  await world.untilOffloaded();
  const desired = (): string => JSON.stringify(world.read(configMaps, "ebb-pool")?.data);
  await world.until("the former version is let go", () => !desired().includes(former));
  expect(replicas()).toBe(0);
});

it("keeps the former version serving while the new bytes are no module", async () => {
  await offload();
  const former = status()?.edge?.version;
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]).toString("base64");
  replaceModule({ binaryData: { "module.js": png } });
  await world.untilCondition("checkout", "Stalled", "True", "ModuleInvalid");
  expect(status()?.edge?.version).toBe(former);
  expect(replicas()).toBe(0);
});

it("brings the workload back on placement Cluster and moves it again on Edge", async () => {
  await offload();
  patchFunction({ placement: "Cluster" });
  await world.until("the workload serves", () => status()?.phase === "InCluster");
  expect(world.deployment("checkout")).toEqual(world.before("checkout"));
  expect(status()?.edge?.version).toBeDefined();
  patchFunction({ placement: "Edge" });
  await world.untilOffloaded();
  expect(replicas()).toBe(0);
});

it("stays where it is while suspended, and still lets go on deletion", async () => {
  await offload();
  patchFunction({ placement: "Cluster", suspend: true });
  await world.untilCondition("checkout", "Ready", "False", "Suspended");
  expect(replicas()).toBe(0);
  await world.delete("ef/checkout");
  expect(world.deployment("checkout")).toEqual(world.before("checkout"));
});

it("corrects a foreign scale once, then yields, and goes on when the other has let go", async () => {
  await offload();
  scaleByHand(1);
  await world.until("the first write is corrected", () => replicas() === 0);
  await world.untilOffloaded();
  scaleByHand(2);
  await world.untilCondition("checkout", "Contended", "True");
  expect(replicas()).toBe(2);
  scaleByHand(0);
  await world.untilOffloaded();
  expect(status()?.conditions?.some(({ type }) => type === "Contended")).toBe(false);
  await world.delete("ef/checkout");
  expect(world.deployment("checkout")).toEqual(world.before("checkout"));
});

describe("when a copy of the saved scale is lost", () => {
  it("writes the annotation again from the status", async () => {
    brokenByHand = /annotation has no saved scale|saved scale changed/;
    await offload();
    world.server.change(deployments, checkout, (live) => {
      const { [savedScaleAnnotation]: _lost, ...annotations } = live.metadata.annotations ?? {};
      return { ...live, metadata: { ...live.metadata, annotations } };
    });
    await world.until("the annotation is back", () => annotation() !== undefined);
    expect(status()?.savedScale?.replicas).toBe(3);
  });

  it("writes the status again from the annotation", async () => {
    brokenByHand = /status has no saved scale|saved scale changed/;
    await offload();
    world.server.change(edgeFunctions, checkout, withoutStatus, { subresource: "status" });
    await world.until("the status has the scale", () => status()?.savedScale?.replicas === 3);
    await world.delete("ef/checkout");
    expect(world.deployment("checkout")).toEqual(world.before("checkout"));
  });
});

it("does not restore a scale that a rollback has brought back to a workload at home", async () => {
  await offload();
  const leftOver = annotation() ?? "";
  patchFunction({ placement: "Cluster" });
  await world.until(
    "the workload serves",
    () => status()?.phase === "InCluster" && annotation() === undefined,
  );
  world.laws.expectReplicas(1);
  world.server.change(deployments, checkout, (live) => ({
    ...live,
    metadata: {
      ...live.metadata,
      annotations: { ...live.metadata.annotations, [savedScaleAnnotation]: leftOver },
    },
    spec: { ...live.spec, replicas: 1 },
  }));
  await world.until("the left-over is removed", () => annotation() === undefined);
  await world.delete("ef/checkout");
  expect(replicas()).toBe(1);
});

describe("when the Deployment is deleted while it is away", () => {
  it("says so, keeps the edge serving, and lets the function go", async () => {
    brokenByHand = /law [12]/;
    await offload();
    world.server.remove(deployments, checkout);
    await world.untilCondition("checkout", "Stalled", "True", "WorkloadNotFound");
    expect(status()?.traffic?.confirmedWeight).toBe(100);
    await world.delete("ef/checkout");
    await world.until("no object of Ebb is left", () => world.ebbObjects().length === 0);
  });

  it("takes one of the same name for a new workload with its own scale", async () => {
    await offload();
    world.server.remove(deployments, checkout);
    await world.untilCondition("checkout", "Stalled", "True", "WorkloadNotFound");
    world.laws.expectReplicas(2);
    world.server.put(deployments, deploymentOf("checkout", 2));
    await world.until("it is away", () => replicas() === 0 && status()?.savedScale?.replicas === 2);
    await world.delete("ef/checkout");
    expect(replicas()).toBe(2);
  });
});

it("lets the older of two functions have the workload, and the younger after it", async () => {
  // The watch of the laws follows the first function only.
  brokenByHand = /law/;
  await offload();
  world.apply("second", checkoutOnWorkerd);
  await world.untilCondition("second", "Stalled", "True", "WorkloadTaken");
  expect(world.edgeFunction("second")?.metadata.finalizers ?? []).toEqual([]);
  await world.delete("ef/checkout");
  await world.untilCondition("second", "Offloaded", "True");
  await world.delete("ef/second");
  expect(world.deployment("checkout")).toEqual(world.before("checkout"));
});

it("lets go of a namespace that is deleted", async () => {
  brokenByHand = /law [12]/;
  await offload();
  world.server.remove(namespaces, { name: namespace });
  const isGone = (): boolean => world.server.read(namespaces, { name: namespace }) === undefined;
  await world.until("the namespace is gone", isGone);
});

it("hands over to another operator in the middle", async () => {
  world = await given.cluster({ deployment: "checkout", replicas: 3, edgeFunction: checkoutOnWorkerd });
  const first = world.startOperator("operator-0");
  world.startOperator("operator-1");
  await world.until("it is shifting", () => status()?.phase === "Shifting");
  await first.kill();
  await world.untilOffloaded();
  expect(replicas()).toBe(0);
});

it("writes nothing while nothing changes", async () => {
  await offload();
  await world.clock.sleep(5000);
  const before = world.server.writes.length;
  await world.clock.sleep(120_000);
  const later = world.server.writes.slice(before).filter(({ request }) => request.kind.kind !== "Lease");
  expect(later.map(({ request }) => `${request.verb} ${request.kind.kind} ${request.name}`)).toEqual([]);
});
