/** The life of a release with both Helms: installed, upgraded, rolled back and uninstalled while a workload is away. */
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { environment } from "./harness/auth-workload.ts";
import { type EbbOnCluster, ebbOnCluster } from "./harness/ebb-on-cluster.ts";
import { chart, HelmRelease, type Settings } from "./harness/helm-release.ts";
import { hasPreviousRelease, type Release, previousRelease } from "./harness/previous-release.ts";
import type { Scenario } from "./harness/scenario.ts";
import { operatorNamespace } from "./harness/test-cluster.ts";

const isUpgradable = await hasPreviousRelease();

let ebb: EbbOnCluster;
let former: Release | undefined;
let today: Settings;

beforeAll(async () => {
  ebb = await ebbOnCluster();
  former = isUpgradable ? await previousRelease() : undefined;
  for (const { archive } of Object.values(former?.images ?? {})) await ebb.cluster.load(archive);
  const { operator, edge, gateway } = ebb.images;
  today = { image: operator.name, "edge.image": edge.name, "gateway.image": gateway.name };
});

test.runIf(isUpgradable)(
  "a workload that is away loses no request by an upgrade and a rollback, and helm uninstall brings it back",
  async () => {
    const helm = await HelmRelease.with(4, ebb.cluster.access);
    await helm.uninstall();
    await helm.forgetDefaultTarget();
    if (former === undefined) throw new Error("there is no earlier release");
    const { operator, edge } = former.images;
    const settings = { ...today, image: operator.name, "edge.image": edge.name };
    await helm.install(former.chart, settings);
    expect(await helm.applyMethod()).toBe("ssa");
    const shop = await ebb.scenario({ namespace: "e2e-helm", replicas: 2, ending: "drains" });
    onTestFinished(() => shop.dispose());
    await shop.apply();
    await shop.condition("Offloaded");
    await shop.replicas(0);
    await shop.servedOnlyBy("edge");
    const away = { objects: await shop.now(), fn: await stateOf(shop) };

    // Replaces the operator also while both versions have the same images.
    await helm.upgrade({ ...today, logLevel: "debug" }, "--reset-then-reuse-values");
    await helm.untilLed();
    await shop.servedOnlyBy("edge");
    expect({ objects: await shop.now(), fn: await stateOf(shop) }).toEqual(away);
    await shop.patch({ env: environment("edge-2") });
    await shop.servedOnlyBy("edge-2");

    await helm.rollback(1);
    await helm.untilLed();
    await shop.patch({ env: environment("edge-3") });
    await shop.servedOnlyBy("edge-3");
    await shop.condition("Offloaded");
    expect(await shop.stopProbers()).toMatchObject({ lost: 0, unretriable: 0, incidents: [] });
    expect(await shop.now()).toEqual(away.objects);

    await helm.upgrade(today);
    await helm.uninstall();
    expect((await shop.deployment()).status).toMatchObject({ replicas: 2, readyReplicas: 2 });
    expect(await shop.now()).toEqual(shop.before);
    for (const namespace of [shop.namespace, operatorNamespace]) await shop.noObjectOfEbb(namespace);
    // crds.keep: nobody loses an object because a chart went away.
    await shop.kubectl.run(["get", "crd", "edgefunctions.ebb.dev"]);
  },
);

test("Helm 3 installs, upgrades and uninstalls it too, and Helm 4 upgrades what Helm 3 has installed", async () => {
  const [helm3, helm4] = [
    await HelmRelease.with(3, ebb.cluster.access),
    await HelmRelease.with(4, ebb.cluster.access),
  ];
  await helm3.uninstall();
  await helm3.install(former?.chart ?? chart, today);
  await helm3.upgrade({}, "--reset-then-reuse-values");
  await helm4.upgrade({}, "--reset-then-reuse-values");
  const shop = await ebb.workload({ namespace: "e2e-helm", replicas: 1, ending: "drains" });
  onTestFinished(() => shop.dispose());
  await shop.apply();
  await shop.replicas(0);
  await helm3.uninstall();
  expect((await shop.deployment()).status).toMatchObject({ replicas: 1, readyReplicas: 1 });
  expect(await shop.now()).toEqual(shop.before);
  await shop.noObjectOfEbb(operatorNamespace);
});

/** What must not change for a function that is away, with the times at which its conditions came to be. */
async function stateOf(shop: Scenario): Promise<unknown> {
  const { metadata, status } = await shop.function();
  const lasting = new Set(["Offloaded", "TrafficShifted", "Published", "ModuleResolved"]);
  return {
    generation: metadata.generation,
    module: status?.module?.digest,
    version: status?.edge?.version,
    savedScale: status?.savedScale,
    edgePercent: status?.traffic?.edgePercent,
    conditions: status?.conditions
      ?.filter(({ type }) => lasting.has(type))
      .map(({ type, status, lastTransitionTime }) => ({ type, status, lastTransitionTime })),
  };
}
