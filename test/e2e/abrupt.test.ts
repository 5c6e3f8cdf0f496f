import { beforeAll, expect, onTestFinished, test } from "vitest";
import { peers, workloadName } from "./harness/auth-workload.ts";
import { type EbbOnCluster, ebbOnCluster } from "./harness/ebb-on-cluster.ts";
import type { Outcome, Scenario } from "./harness/scenario.ts";

/** Milliseconds; requests to a pod that is gone get no answer at all, and none comes later. */
const timeout = 5000;

/** Student's t for five pairs, one-sided, 99 %. */
const quantile = 3.747;

let ebb: EbbOnCluster;
beforeAll(async () => {
  ebb = await ebbOnCluster();
});

/** Requests that were not answered as they should have been, whosever fault that was. */
function failures({ lost, unretriable }: Outcome): number {
  return lost + unretriable;
}

/** The workload goes and comes back by hand, while as many pods as the gateway has keep serving. */
async function byKubectlScale(shop: Scenario): Promise<Outcome> {
  const stay = peers({
    ...shop.setting,
    image: ebb.images["auth-container"].name,
    replicas: 2,
    ending: "drains",
  });
  await shop.kubectl.apply(stay);
  await shop.kubectl.run(["rollout", "status", `deployment/${stay.metadata.name}`, "-n", shop.namespace]);
  await shop.startProbers(timeout);
  for (const replicas of [0, shop.setting.replicas]) {
    await shop.kubectl.run([
      "scale",
      `deployment/${workloadName}`,
      "-n",
      shop.namespace,
      `--replicas=${replicas}`,
    ]);
    await shop.replicas(replicas);
    await shop.servedOnlyBy("origin");
  }
  const outcome = await shop.stopProbers();
  await shop.kubectl.run(["delete", "deployment", stay.metadata.name, "-n", shop.namespace]);
  return outcome;
}

async function byEbb(shop: Scenario): Promise<Outcome> {
  await shop.startProbers(timeout);
  await shop.apply();
  await shop.condition("Offloaded");
  await shop.replicas(0);
  await shop.servedOnlyBy("edge");
  await shop.startDeletion();
  await shop.servedOnlyBy("origin");
  const outcome = await shop.stopProbers();
  await shop.gone();
  expect(await shop.now()).toEqual(shop.before);
  return outcome;
}

/** True unless ours are more than chance explains: a one-sided paired t-test. */
function noMore(ours: readonly number[], theirs: readonly number[]): boolean {
  const differences = ours.map((value, at) => value - (theirs[at] ?? 0));
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return mean <= quantile * Math.sqrt(squares / (differences.length - 1) / differences.length);
}

test("a workload that exits at SIGTERM loses no more by Ebb than by kubectl scale, over five pairs of runs", async () => {
  const shop = await ebb.workload({ namespace: "e2e-abrupt", replicas: 3, ending: "abrupt" });
  onTestFinished(() => shop.dispose());
  const lost = { scale: [] as number[], ebb: [] as number[] };
  for (let pair = 1; pair <= 5; pair++) {
    lost.scale.push(failures(await byKubectlScale(shop)));
    lost.ebb.push(failures(await byEbb(shop)));
  }
  console.log(`lost by kubectl scale ${lost.scale.join(" + ")}, by Ebb ${lost.ebb.join(" + ")}`);
  expect(lost).toSatisfy(() => noMore(lost.ebb, lost.scale), "no more by Ebb than chance explains");
});
