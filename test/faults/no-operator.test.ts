/** A gateway pod that goes while no operator runs, as docs/guides/gateway.md tells it. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { inSlicesCondition, labels } from "../../operator/api/v1alpha1/names.ts";
import { endpointSlices, type Pod, pods } from "../../operator/kube/objects.ts";
import { podCondition } from "../../operator/traffic/gateway/gateway-pods.ts";
import { checkoutOnWorkerd, namespace } from "./checkout.ts";
import type { OperatorProcess } from "./operator-process.ts";
import { serving } from "./to-serve.ts";
import { given, type World } from "./world.ts";

expect.extend(serving);

let world: World;
let operator: OperatorProcess;

beforeEach(async () => {
  world = await given.cluster({ deployment: "checkout", replicas: 2, edgeFunction: checkoutOnWorkerd });
  operator = world.startOperator();
  await world.untilOffloaded();
  await operator.kill();
});

afterEach(async () => {
  const { breaches } = world.laws;
  await world.end();
  expect(breaches).toEqual([]);
});

function gatewayPods(): Pod[] {
  const all = world.server.readAll(pods, namespace);
  return all.filter(({ metadata }) => metadata.labels?.[labels.component] === "gateway");
}

function isTrue(pod: Pod, type: string): boolean {
  return podCondition(pod, type)?.status === "True";
}

/** Names of the pods that slices lead to. */
function ledTo(): Set<string | undefined> {
  const slices = world.server.readAll(endpointSlices, namespace);
  const own = slices.filter(({ metadata }) => metadata.labels?.[labels.function] !== undefined);
  return new Set(own.map(({ metadata }) => metadata.ownerReferences?.[0]?.name));
}

async function evict(name: string): Promise<number> {
  const path = `${world.server.url}/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  const body = JSON.stringify({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } });
  const headers = { "content-type": "application/json" };
  return (await fetch(path, { method: "POST", headers, body })).status;
}

it("leaves the other pod to serve alone, which nobody may evict until an operator has listed the new one", async () => {
  const [deleted = "", kept = ""] = gatewayPods().map(({ metadata }) => metadata.name);
  expect(ledTo()).toEqual(new Set([deleted, kept]));
  world.server.remove(pods, { namespace, name: deleted });
  const fresh = (): Pod | undefined =>
    gatewayPods().find(({ metadata }) => metadata.name !== deleted && metadata.name !== kept);
  await world.until("the new pod runs", () => {
    const pod = fresh();
    return pod !== undefined && isTrue(pod, "ContainersReady");
  });
  await world.until("nothing leads to the deleted pod", () => !ledTo().has(deleted));
  expect(ledTo()).toEqual(new Set([kept]));
  await expect(world).toServe("checkout", { from: "edge", lost: 0 });
  expect(gatewayPods().filter((pod) => isTrue(pod, inSlicesCondition) && isTrue(pod, "Ready"))).toHaveLength(
    1,
  );
  expect(await evict(kept)).toBe(429);

  world.startOperator();
  await world.until("the new pod is listed and ready", () => {
    const pod = fresh();
    return pod !== undefined && isTrue(pod, "Ready") && ledTo().has(pod.metadata.name);
  });
  expect(await evict(kept)).toBe(201);
  await world.until("nothing leads to the evicted pod", () => !ledTo().has(kept));
  await expect(world).toServe("checkout", { from: "edge", lost: 0 });
});
