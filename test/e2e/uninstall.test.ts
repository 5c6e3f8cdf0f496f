import { beforeAll, expect, onTestFinished, test } from "vitest";
import { type EbbOnCluster, ebbOnCluster } from "./harness/ebb-on-cluster.ts";
import { operatorNamespace, uninstallEbb } from "./harness/test-cluster.ts";

let ebb: EbbOnCluster;
beforeAll(async () => {
  ebb = await ebbOnCluster();
});

test("helm uninstall brings every workload back and leaves nothing of Ebb but its kinds", async () => {
  const shop = await ebb.scenario({ namespace: "e2e-uninstall", replicas: 2, ending: "drains" });
  onTestFinished(() => shop.dispose());
  await shop.apply();
  await shop.condition("Offloaded");
  await shop.replicas(0);
  await shop.servedOnlyBy("edge");

  await uninstallEbb(ebb.cluster);
  expect((await shop.deployment()).status).toMatchObject({ replicas: 2, readyReplicas: 2 });
  expect(await shop.now()).toEqual(shop.before);
  await shop.servedOnlyBy("origin");
  for (const namespace of [shop.namespace, operatorNamespace]) await shop.noObjectOfEbb(namespace);
  expect(await shop.stopProbers()).toMatchObject({ lost: 0, unretriable: 0, incidents: [] });
  // crds.keep: nobody loses an object because a chart went away.
  await shop.kubectl.run(["get", "crd", "edgefunctions.ebb.dev"]);
});
