import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { Pod } from "../../operator/kube/objects.ts";
import { type EbbOnCluster, ebbOnCluster } from "./harness/ebb-on-cluster.ts";
import { killPod, leaderPod } from "./harness/processes.ts";
import type { Scenario } from "./harness/scenario.ts";
import { operatorNamespace } from "./harness/test-cluster.ts";

let ebb: EbbOnCluster;
beforeAll(async () => {
  ebb = await ebbOnCluster();
});

async function killLeader({ kubectl }: Scenario): Promise<string> {
  const leader = await leaderPod(kubectl, operatorNamespace);
  await killPod(kubectl, operatorNamespace, leader);
  return leader;
}

async function podsOf(scenario: Scenario, component: "gateway" | "pool"): Promise<string[]> {
  const pods = await scenario.kubectl.list<Pod>(scenario.namespace, "pods", `ebb.dev/component=${component}`);
  return pods.map(({ metadata }) => metadata.name);
}

async function phaseOf(scenario: Scenario): Promise<string | undefined> {
  return (await scenario.function()).status?.phase;
}

test("a leader killed in Shifting and one killed in Returning cost no request and nothing of the workload", async () => {
  const shop = await ebb.scenario({ namespace: "e2e-leader", replicas: 3, ending: "drains" });
  onTestFinished(() => shop.dispose());

  await shop.apply();
  await shop.inPhase("Shifting", async () => {
    await killLeader(shop);
    expect(await phaseOf(shop)).toBe("Shifting");
  });
  await shop.condition("Offloaded");
  await shop.replicas(0);
  await shop.servedOnlyBy("edge");

  await shop.patch({ placement: "Cluster" });
  await shop.inPhase("Returning", async () => {
    await killLeader(shop);
    expect(await phaseOf(shop)).toBe("Returning");
  });
  await shop.condition("Ready");
  await shop.replicas(3);
  await shop.servedOnlyBy("origin");
  await shop.delete();
  expect(await shop.now()).toEqual(shop.before);
  expect(await shop.stopProbers()).toMatchObject({ lost: 0, unretriable: 0, incidents: [] });
});

test("both gateway pods replaced and a pool pod killed while the workload is away cost no request", async () => {
  const shop = await ebb.scenario({ namespace: "e2e-pods", replicas: 3, ending: "drains" });
  onTestFinished(() => shop.dispose());
  await shop.apply();
  await shop.condition("Offloaded");
  await shop.replicas(0);

  for (const pod of await podsOf(shop, "gateway")) {
    await shop.kubectl.run(["delete", "pod", pod, "-n", shop.namespace]);
    await rolledOut(shop, "ebb-gateway");
  }
  await shop.servedOnlyBy("edge");

  const [pool] = await podsOf(shop, "pool");
  if (pool === undefined) throw new Error("the pool has no pod");
  await killPod(shop.kubectl, shop.namespace, pool);
  await rolledOut(shop, "ebb-pool");
  await shop.servedOnlyBy("edge");
  await shop.replicas(0);

  await shop.delete();
  expect(await shop.now()).toEqual(shop.before);
  const { lost, unretriable, incidents } = await shop.stopProbers();
  expect({ lost, incidents: incidents.filter((line) => !line.includes("unretriable")) }).toEqual({
    lost: 0,
    incidents: [],
  });
  // A POST that the killed pod was answering is nobody's to repeat; it is told and not called 0.
  console.log(`sent to the killed pool pod and not to be sent again: ${unretriable}`);
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
