import { beforeAll, expect, onTestFinished, test } from "vitest";
import { poolTlsSecretName } from "../../operator/api/v1alpha1/names.ts";
import type { Pod } from "../../operator/kube/objects.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";
import { type EbbOnCluster, ebbOnCluster } from "./harness/ebb-on-cluster.ts";
import { killPod, leaderPod } from "./harness/processes.ts";
import type { Scenario } from "./harness/scenario.ts";
import { operatorNamespace } from "./harness/test-cluster.ts";

/** Of a pod whose process runs, ready or not. */
interface StartedPod extends KubeObject {
  readonly status?: {
    readonly containerStatuses?: readonly { readonly started?: boolean; readonly ready: boolean }[];
  };
}

let ebb: EbbOnCluster;
beforeAll(async () => {
  ebb = await ebbOnCluster();
});

/** The function must still be in the phase when its operator is dead. */
async function killLeader(shop: Scenario, phase: string): Promise<void> {
  const leader = await leaderPod(shop.kubectl, operatorNamespace);
  await killPod(shop.kubectl, operatorNamespace, leader);
  expect((await shop.function()).status?.phase).toBe(phase);
}

async function killPoolPod(shop: Scenario): Promise<void> {
  const [pool] = await podsOf(shop, "pool");
  if (pool === undefined) throw new Error("the pool has no pod");
  await killPod(shop.kubectl, shop.namespace, pool);
  await rolledOut(shop, "ebb-pool");
}

async function podsOf(scenario: Scenario, component: "gateway" | "pool"): Promise<string[]> {
  const pods = await scenario.kubectl.list<Pod>(scenario.namespace, "pods", `ebb.dev/component=${component}`);
  return pods.map(({ metadata }) => metadata.name);
}

async function scaleOperator(scenario: Scenario, replicas: number): Promise<void> {
  const { kubectl } = scenario;
  await kubectl.run(["scale", "deployment/ebb-operator", "-n", operatorNamespace, `--replicas=${replicas}`]);
  await scenario.until(`${replicas} pods of the operator`, async () => {
    const pods = await kubectl.list<Pod>(operatorNamespace, "pods", "app.kubernetes.io/name=ebb-operator");
    return pods.length === replicas ? undefined : `there are ${pods.length}`;
  });
}

/** As docs/guides/pool.md says it: the other pod serves, the new one waits, and nobody may evict the other one. */
async function replacePoolPodWithNoOperator(shop: Scenario): Promise<void> {
  const { kubectl, namespace } = shop;
  onTestFinished(() => scaleOperator(shop, 2));
  await scaleOperator(shop, 0);
  const [deleted = "", kept = ""] = await podsOf(shop, "pool");
  await kubectl.run(["delete", "pod", deleted, "-n", namespace]);
  await shop.until("the new pool pod waits for its functions", async () => {
    const pods = await kubectl.list<StartedPod>(namespace, "pods", "ebb.dev/component=pool");
    const fresh = pods.filter(({ metadata }) => metadata.name !== kept);
    const states = fresh.map(({ status }) => {
      const [container] = status?.containerStatuses ?? [];
      return container?.started === true ? `started, ready: ${container.ready}` : "not started";
    });
    return states.join() === "started, ready: false" ? undefined : states.join();
  });
  await shop.servedOnlyBy("edge");
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: kept, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${kept}/eviction`;
  const evicted = kubectl.run(["create", "--raw", path, "-f", "-"], JSON.stringify(eviction));
  await expect(evicted).rejects.toThrow("disruption budget");
  await scaleOperator(shop, 2);
  await rolledOut(shop, "ebb-pool");
}

/** With a new certificate the pool's pods are replaced one after the other. */
async function replaceCertificate(shop: Scenario): Promise<void> {
  const former = new Set(await podsOf(shop, "pool"));
  await shop.kubectl.run(["delete", "secret", poolTlsSecretName, "-n", shop.namespace]);
  await shop.until("no pool pod has the former certificate", async () => {
    const left = (await podsOf(shop, "pool")).filter((pod) => former.has(pod));
    return left.length === 0 ? undefined : `${left.join(", ")} of the former are there`;
  });
  await rolledOut(shop, "ebb-pool");
}

/** One after the other. */
async function replaceGateways(shop: Scenario): Promise<void> {
  for (const pod of await podsOf(shop, "gateway")) {
    await shop.kubectl.run(["delete", "pod", pod, "-n", shop.namespace]);
    await rolledOut(shop, "ebb-gateway");
  }
}

test("leaders killed in Shifting and in Returning, and all pods of gateway and pool replaced between, cost no request", async () => {
  const shop = await ebb.scenario({ namespace: "e2e-resilience", replicas: 3, ending: "drains" });
  onTestFinished(() => shop.dispose());

  await shop.apply();
  await shop.inPhase("Shifting", () => killLeader(shop, "Shifting"));
  await shop.condition("Offloaded");
  await shop.replicas(0);
  await shop.servedOnlyBy("edge");

  await Promise.all([replaceGateways(shop), replaceCertificate(shop)]);
  await shop.servedOnlyBy("edge");
  await replacePoolPodWithNoOperator(shop);
  await shop.servedOnlyBy("edge");
  const { unretriable } = shop.soFar();
  expect(unretriable).toBe(0);
  await killPoolPod(shop);
  await shop.servedOnlyBy("edge");
  await shop.replicas(0);
  // A POST that the killed pod was answering is nobody's to repeat; it is told and not called 0.
  const killed = shop.soFar().unretriable;
  console.log(`sent to the killed pool pod and not to be sent again: ${killed}`);

  await shop.patch({ placement: "Cluster" });
  await shop.inPhase("Returning", () => killLeader(shop, "Returning"));
  await shop.condition("Ready");
  await shop.replicas(3);
  await shop.servedOnlyBy("origin");
  expect(await shop.now()).toEqual(shop.before);
  await shop.delete();
  expect(await shop.now()).toEqual(shop.before);
  const outcome = await shop.stopProbers();
  const incidents = outcome.incidents.filter((line) => !line.includes("unretriable"));
  expect({ ...outcome, incidents }).toMatchObject({ lost: 0, unretriable: killed, incidents: [] });
});

async function rolledOut(scenario: Scenario, deployment: string): Promise<void> {
  await scenario.kubectl.run([
    "rollout",
    "status",
    `deployment/${deployment}`,
    "-n",
    scenario.namespace,
    "--timeout=2m",
  ]);
}
