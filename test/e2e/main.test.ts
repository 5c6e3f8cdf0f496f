import { beforeAll, expect, onTestFinished, test } from "vitest";
import { anotherBuild, authModule, environment } from "./harness/auth-workload.ts";
import { type EbbOnCluster, ebbOnCluster } from "./harness/ebb-on-cluster.ts";

let ebb: EbbOnCluster;
beforeAll(async () => {
  ebb = await ebbOnCluster();
});

test("a workload moves to the edge, is updated there, returns, moves again and comes home with no request lost", async () => {
  const started = performance.now();
  const shop = await ebb.scenario({ namespace: "e2e-main", replicas: 3, ending: "drains" });
  onTestFinished(() => shop.dispose());

  await shop.apply();
  await shop.condition("Offloaded");
  await shop.replicas(0);
  await shop.servedOnlyBy("edge");
  const { status: first } = await shop.function();
  expect(first).toMatchObject({
    phase: "Offloaded",
    savedScale: { replicas: 3 },
    traffic: { edgePercent: 100 },
  });

  await shop.apply({}, anotherBuild(await authModule(), 2));
  await shop.until("the new module serves", async () => {
    const { status } = await shop.function();
    const isNew =
      status?.module?.digest !== first?.module?.digest && status?.edge?.version !== first?.edge?.version;
    return isNew ? undefined : "it is the old one";
  });
  await shop.condition("Offloaded");
  await shop.patch({ env: environment("edge-2") });
  await shop.servedOnlyBy("edge-2");
  await shop.replicas(0);

  await shop.patch({ placement: "Cluster" });
  await shop.condition("Ready");
  await shop.replicas(3);
  await shop.servedOnlyBy("origin");
  expect(await shop.now()).toEqual(shop.before);

  await shop.patch({ placement: "Edge" });
  await shop.condition("Offloaded");
  await shop.replicas(0);
  await shop.servedOnlyBy("edge-2");

  await shop.delete();
  // Nothing is waited for here: a deletion returns when the workload serves as it did before.
  expect((await shop.deployment()).status).toMatchObject({ replicas: 3, readyReplicas: 3 });
  expect(await shop.now()).toEqual(shop.before);
  await shop.servedOnlyBy("origin");
  await shop.noObjectOfEbb();

  const outcome = await shop.stopProbers();
  expect(outcome).toMatchObject({ lost: 0, unretriable: 0, incidents: [] });
  expect(outcome.requests / ((performance.now() - started) / 1000)).toBeGreaterThan(100);
});
