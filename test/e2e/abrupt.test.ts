import { beforeAll, expect, onTestFinished, test } from "vitest";
import { peers, workloadName } from "./harness/auth-workload.ts";
import { type EbbOnCluster, ebbOnCluster } from "./harness/ebb-on-cluster.ts";
import type { Outcome, Scenario } from "./harness/scenario.ts";

const pairs = 5;

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
  await shop.startProbers();
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
  await shop.startProbers();
  await shop.apply();
  await shop.condition("Offloaded");
  await shop.replicas(0);
  await shop.servedOnlyBy("edge");
  await shop.delete();
  await shop.servedOnlyBy("origin");
  return shop.stopProbers();
}

test("a workload that exits at SIGTERM loses no more by Ebb than by kubectl scale, over five pairs of runs", async () => {
  const shop = await ebb.workload({ namespace: "e2e-abrupt", replicas: 3, ending: "abrupt" });
  onTestFinished(() => shop.dispose());
  const sums = { scale: 0, ebb: 0 };
  for (let pair = 1; pair <= pairs; pair++) {
    const [scale, byUs] = [await byKubectlScale(shop), await byEbb(shop)];
    sums.scale += failures(scale);
    sums.ebb += failures(byUs);
    console.log(
      `pair ${pair}: kubectl scale lost ${failures(scale)} of ${scale.requests}, Ebb ${failures(byUs)} of ${byUs.requests}`,
    );
  }
  expect(sums.ebb).toBeLessThanOrEqual(sums.scale);
});
