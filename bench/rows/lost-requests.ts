/** Whether requests are lost while a workload moves, at rates that a busy service has. */
import { anotherBuild, authModule, workloadName } from "../../test/e2e/harness/auth-workload.ts";
import type { EbbOnCluster } from "../../test/e2e/harness/ebb-on-cluster.ts";
import { killPod, leaderPod } from "../../test/e2e/harness/processes.ts";
import type { Scenario } from "../../test/e2e/harness/scenario.ts";
import { operatorNamespace } from "../../test/e2e/harness/test-cluster.ts";
import type { Bench, Figure, Row } from "../row.ts";

const replicas = 3;
const timeout = 15_000;
const namespace = "bench-lost";

/** What happens to the workload, in this order, each until the next state holds. */
const phases: readonly (readonly [what: string, act: (shop: Scenario) => Promise<void>])[] = [
  ["offload", offload],
  ["module update", update],
  ["gateway rollout", rolloutGateway],
  ["return", giveBack],
  ["leader killed while shifting", offloadPastLeader],
  ["delete", remove],
];

/** What the probers counted in one phase. */
type Counted = ReturnType<Scenario["soFar"]>;

export const lostRequests = lostRequestsRow([200, 500, 1000]);

/** rates are requests a second. */
function lostRequestsRow(rates: readonly number[]): Row {
  return {
    name: "lost-requests",
    title: `requests lost at ${rates.join(", ")} a second, half through the ingress and half through the ClusterIP`,
    measure: async (bench) => {
      const ebb = await bench.cluster();
      const figures: Figure[] = [];
      for (const rate of rates) figures.push(...(await atRate(bench, ebb, rate)));
      return figures;
    },
  };
}

async function atRate(bench: Bench, ebb: EbbOnCluster, rate: number): Promise<Figure[]> {
  const shop = await ebb.workload({ namespace, replicas, ending: "drains" });
  try {
    await shop.startProbers(timeout, rate / 2);
    const plain = await during(shop, rolloutWorkload);
    const counts: [string, Counted][] = [];
    for (const [what, act] of phases) {
      const counted = await during(shop, act);
      bench.log(`${rate} a second, ${what}: ${JSON.stringify(counted)}`);
      counts.push([what, counted]);
    }
    const { requests, unretriable, incidents } = await shop.stopProbers();
    for (const line of incidents) bench.log(line);
    const at = `at ${rate} a second`;
    return [
      ...counts.map(([what, counted]) => lostIn(`lost in ${what} ${at}`, counted, plain)),
      { what: `requests sent ${at}`, value: requests, unit: "" },
      { what: `not to be sent again ${at}`, value: unretriable, unit: "" },
    ];
  } finally {
    await shop.dispose();
  }
}

function lostIn(what: string, { lost }: Counted, plain: Counted): Figure {
  const peer = { what: "kubectl rollout restart", value: plain.lost };
  return { what, value: lost, unit: "", peer, target: { atMost: 0, says: "0" } };
}

async function during(shop: Scenario, act: (shop: Scenario) => Promise<void>): Promise<Counted> {
  const before = shop.soFar();
  await act(shop);
  const after = shop.soFar();
  return {
    requests: after.requests - before.requests,
    lost: after.lost - before.lost,
    unretriable: after.unretriable - before.unretriable,
  };
}

/** The peer: what Kubernetes itself does to the same pods. */
async function rolloutWorkload(shop: Scenario): Promise<void> {
  await rollout(shop, workloadName);
  await shop.servedOnlyBy("origin");
}

async function offload(shop: Scenario): Promise<void> {
  await shop.apply();
  await atEdge(shop);
}

async function update(shop: Scenario): Promise<void> {
  const former = (await shop.function()).status?.edge?.version;
  await shop.apply({}, anotherBuild(await authModule(), 2));
  await shop.until("the new module serves", async () => {
    const version = (await shop.function()).status?.edge?.version;
    return version === former ? `version ${version} does` : undefined;
  });
  await atEdge(shop);
}

async function rolloutGateway(shop: Scenario): Promise<void> {
  await rollout(shop, "ebb-gateway");
  await atEdge(shop);
}

async function giveBack(shop: Scenario): Promise<void> {
  await shop.patch({ placement: "Cluster" });
  await shop.condition("Ready");
  await shop.replicas(replicas);
  await shop.servedOnlyBy("origin");
}

async function offloadPastLeader(shop: Scenario): Promise<void> {
  await shop.patch({ placement: "Edge" });
  await shop.inPhase("Shifting", async () => {
    await killPod(shop.kubectl, operatorNamespace, await leaderPod(shop.kubectl, operatorNamespace));
  });
  await atEdge(shop);
}

async function remove(shop: Scenario): Promise<void> {
  await shop.delete();
  await shop.servedOnlyBy("origin");
}

async function atEdge(shop: Scenario): Promise<void> {
  await shop.condition("Offloaded");
  await shop.replicas(0);
  await shop.servedOnlyBy("edge");
}

async function rollout({ kubectl, namespace }: Scenario, deployment: string): Promise<void> {
  await kubectl.run(["rollout", "restart", `deployment/${deployment}`, "-n", namespace]);
  await kubectl.run(["rollout", "status", `deployment/${deployment}`, "-n", namespace, "--timeout=5m"]);
}
