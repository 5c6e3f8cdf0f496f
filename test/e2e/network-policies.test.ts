/** Ebb where everything is denied by default, on a cluster that holds packets to it. */
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { Pod } from "../../operator/kube/objects.ts";
import { addresses as clusterAddresses } from "../cluster/layout.ts";
import { workloadName } from "./harness/auth-workload.ts";
import { type EbbOnCluster, ebbOnCluster } from "./harness/ebb-on-cluster.ts";
import { HelmRelease } from "./harness/helm-release.ts";
import type { Manifest } from "./harness/kubectl.ts";
import { proberNamespace } from "./harness/prober-pair.ts";
import { reachable } from "./harness/reachability.ts";
import type { Scenario } from "./harness/scenario.ts";
import { operatorNamespace } from "./harness/test-cluster.ts";

let ebb: EbbOnCluster;
beforeAll(async () => {
  ebb = await ebbOnCluster();
});

test("a workload leaves and helm uninstall brings it back with no request lost, and nobody gets in who should not", async ({
  skip,
}) => {
  const { access, enforceNetworkPolicies } = ebb.cluster;
  if (enforceNetworkPolicies === undefined) return skip("whether this cluster holds to policies is not ours");
  const helm = await HelmRelease.with(4, access);
  const shop = await ebb.scenario({ namespace: "e2e-policies", replicas: 2, ending: "drains" });
  onTestFinished(() => shop.dispose());
  const callers = proberNamespace(shop.namespace);
  await denyByDefault(shop, callers);
  const callersLabel = `namespaceSelector.matchLabels.${nameLabel.replaceAll(".", String.raw`\.`)}`;
  const settings = {
    "networkPolicy.enabled": "true",
    [`networkPolicy.callers[0].${callersLabel}`]: callers,
  };
  await helm.upgrade(settings, "--reuse-values");
  onTestFinished(await enforceNetworkPolicies());

  await shop.apply();
  await shop.condition("Offloaded");
  await shop.replicas(0);
  await shop.servedOnlyBy("edge");
  await isHeld(shop, callers);
  await shop.servedOnlyBy("edge");

  await helm.uninstall();
  expect((await shop.deployment()).status).toMatchObject({ replicas: 2, readyReplicas: 2 });
  await shop.servedOnlyBy("origin");
  await shop.noObjectOfEbb();
  expect(await shop.stopProbers()).toMatchObject({ lost: 0, unretriable: 0, incidents: [] });
});

const nameLabel = "kubernetes.io/metadata.name";

/** The workload is left to its callers and the gateway; everything else here and at the operator is denied. */
async function denyByDefault(shop: Scenario, callers: string): Promise<void> {
  const { kubectl, namespace } = shop;
  const enforced = "pod-security.kubernetes.io/enforce=restricted";
  await kubectl.run(["label", "namespace", operatorNamespace, enforced, "--overwrite"]);
  const allowed = [
    { namespaceSelector: { matchLabels: { [nameLabel]: callers } } },
    { podSelector: { matchLabels: { "ebb.dev/component": "gateway" } } },
  ];
  await kubectl.apply(
    policy(namespace, "deny", {}, {}),
    policy(operatorNamespace, "deny", {}, {}),
    policy(namespace, workloadName, { matchLabels: { app: workloadName } }, { ingress: [{ from: allowed }] }),
  );
  onTestFinished(async () => {
    await kubectl.run(["delete", "networkpolicy", "deny", "-n", operatorNamespace]);
    await kubectl.run(["label", "namespace", operatorNamespace, `${enforced.split("=")[0]}-`]);
  });
}

function policy(namespace: string, name: string, podSelector: object, rules: object): Manifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { namespace, name },
    spec: { podSelector, policyTypes: ["Ingress", "Egress"], ...rules },
  };
}

/** Calls from where each may come, and from where none may. */
async function isHeld(shop: Scenario, callers: string): Promise<void> {
  const { kubectl, namespace } = shop;
  const addressOf = async (component: string): Promise<string> => {
    const pods = await kubectl.list<Pod>(namespace, "pods", `ebb.dev/component=${component}`);
    return pods[0]?.status?.podIP ?? `no ${component}`;
  };
  const [gateway, pool] = [await addressOf("gateway"), await addressOf("pool")];
  const names = `${clusterAddresses.dnsService}:53`;
  const addresses = {
    [`${gateway}:20000`]: "function",
    [`${gateway}:9902`]: "ops",
    [`${pool}:8080`]: "pool",
    [`${pool}:8081`]: "admin",
    [names]: "names",
  };
  const see = async (from: string, name: string, labels: Record<string, string>): Promise<string[]> => {
    const place = { namespace: from, name, labels, image: ebb.images.prober.name };
    const seen = await reachable(kubectl, place, Object.keys(addresses));
    return Object.entries(addresses).flatMap(([address, name]) => (seen[address] === true ? [name] : []));
  };
  const [caller, stranger, asGateway, asPool] = await Promise.all([
    see(callers, "caller", {}),
    see("default", "stranger", {}),
    see(namespace, "as-gateway", { "ebb.dev/component": "gateway", "app.kubernetes.io/name": "ebb-gateway" }),
    // Without the name, by which the pool's Service would take it for one of its pods.
    see(namespace, "as-pool", { "ebb.dev/component": "pool" }),
  ]);
  // kube-router lets pods of one policy reach each other when either way of it allows that.
  const ofOthers = asGateway.filter((name) => name !== "function" && name !== "ops");
  expect({ caller, stranger, asGateway: ofOthers, asPool }).toEqual({
    caller: ["function", "names"],
    stranger: ["names"],
    asGateway: ["pool", "names"],
    asPool: [],
  });
}
