/** Namespaces that enforce the restricted Pod Security Standard and deny all traffic by default, on a real API server. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { gatewayName, poolName, ports } from "../../operator/api/v1alpha1/names.ts";
import type { PodSpec } from "../../operator/kube/objects.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";
import { poolNetworkPolicy } from "../../operator/provider/workerd/network-policy.ts";
import { poolDeployment } from "../../operator/provider/workerd/pool-manifests.ts";
import { presentSpec } from "../../operator/provider/workerd/pool-spec.ts";
import { gatewayObjects } from "../../operator/traffic/gateway/manifests.ts";
import { gatewayNetworkPolicy } from "../../operator/traffic/gateway/network-policy.ts";
import { resolveCluster } from "../cluster/cluster.ts";
import { helmBinary } from "../cluster/tools/helm.ts";
import { kubectlBinary } from "../cluster/tools/kubectl.ts";
import { Kubectl } from "../e2e/harness/kubectl.ts";
import { type ChartObject, oneOf, podOf, renderChart, selects } from "./rendered-chart.ts";

interface NetworkPolicy extends KubeObject {
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

interface Rule {
  readonly ports?: readonly { readonly port: number | string; readonly endPort?: number }[];
}

const namespace = `ebb-restricted-${randomBytes(4).toString("hex")}`;
const image = "registry.example/image:1";
const owner = { apiVersion: "v1", kind: "ConfigMap", name: poolName, uid: "1" };
const gateway = gatewayObjects({ metadata: { namespace, name: gatewayName } }, image).deployment;
const pool = poolDeployment({ namespace, image, owner, spec: presentSpec(undefined), certificate: "1" });
const guide = new URL("../../docs/guides/rights.md", import.meta.url);

let kubectl: Kubectl;
let chart: readonly ChartObject[];

beforeAll(async () => {
  const { kubeconfig, context } = await resolveCluster();
  kubectl = new Kubectl({ kubectl: await kubectlBinary(), kubeconfig, context });
  chart = await renderChart(await helmBinary(), "networkPolicy.enabled=true");
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await kubectl.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
  return async () => {
    await kubectl.run(["delete", "namespace", namespace, "--wait=false"]);
  };
});

/** What the API server says of objects that are applied, and not stored. */
function dryRun(...objects: readonly object[]): Promise<string> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  return kubectl.run(
    ["create", "-n", namespace, "--dry-run=server", "-o", "name", "-f", "-"],
    JSON.stringify(list),
  );
}

/** A pod of that template, of the account that every namespace has. */
function podFrom(labels: Readonly<Record<string, string>> | undefined, spec: PodSpec): object {
  const { serviceAccountName: _account, ...rest } = spec;
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "made", namespace, labels }, spec: rest };
}

describe("restricted Pod Security", () => {
  test.each([
    ["operator's", () => podOf(oneOf(chart, "Deployment", "ebb-operator"))],
    ["eject Job's", () => podOf(oneOf(chart, "Job", "ebb-eject"))],
    [
      "gateway's",
      () => ({ labels: gateway.spec.template.metadata?.labels, spec: gateway.spec.template.spec }),
    ],
    ["pool's", () => ({ labels: pool.spec.template.metadata?.labels, spec: pool.spec.template.spec })],
  ])("takes the %s pod", async (_name, pod) => {
    const { labels, spec } = pod();
    await expect(dryRun(podFrom(labels, spec))).resolves.toContain("pod/made");
  });

  test("refuses one that may gain rights", async () => {
    const pod = podFrom({}, { containers: [{ name: "app", image }] });
    await expect(dryRun(pod)).rejects.toThrow('violates PodSecurity "restricted:latest"');
  });
});

/** Ports by which a policy lets in or out, in the order of its rules. */
function portsOf(rules: readonly Rule[] = []): (number | string)[] {
  return rules.flatMap(({ ports: all = [] }) => all.map(({ port }) => port));
}

/** Those that the guide tells people to make. */
function guidePolicies(): NetworkPolicy[] {
  const text = /```yaml\n(.*?)```/s.exec(readFileSync(guide, "utf8"))?.[1] ?? "";
  return parseAllDocuments(text).map((document) => document.toJS() as NetworkPolicy);
}

describe("NetworkPolicies", () => {
  test("the chart's is taken, selects the operator, and leads to gateways and pools", async () => {
    const made = oneOf(chart, "NetworkPolicy", "ebb-operator") as unknown as NetworkPolicy;
    const { metadata, ...policy } = made;
    await expect(dryRun({ ...policy, metadata: { ...metadata, namespace } })).resolves.toContain(
      "ebb-operator",
    );
    const { podSelector, ingress, egress } = policy.spec;
    const { labels } = podOf(oneOf(chart, "Deployment", "ebb-operator"));
    expect(selects(podSelector.matchLabels, labels)).toBe(true);
    expect(portsOf(ingress)).toEqual(["http"]);
    const apiServerAndNames = [443, 6443, 53, 53, 5353, 5353];
    expect(portsOf(egress)).toEqual([...apiServerAndNames, ports.gatewayOps, 443, ports.poolAdmin]);
  });

  test("the eject Job's pod reaches the API server and names, as the operator's does", () => {
    const [ofOperator, ofEject] = ["ebb-operator", "ebb-eject"].map(
      (name) => oneOf(chart, "NetworkPolicy", name) as unknown as NetworkPolicy,
    );
    const { labels } = podOf(oneOf(chart, "Job", "ebb-eject"));
    expect(selects(ofEject?.spec.podSelector.matchLabels ?? {}, labels)).toBe(true);
    expect(ofEject?.spec.ingress).toBeUndefined();
    expect(ofEject?.spec.egress?.length).toBeGreaterThan(0);
    expect(ofOperator?.spec.egress).toEqual(expect.arrayContaining([...(ofEject?.spec.egress ?? [])]));
  });

  test("the chart makes none unless it is told to", async () => {
    const kinds = (await renderChart(await helmBinary())).map(({ kind }) => kind);
    expect(kinds).not.toContain("NetworkPolicy");
  });

  test("the operator's are taken, select gateway and pool, and open each of their ports", async () => {
    const settings = { operatorNamespace: "ebb-system", callers: [{ namespaceSelector: {} }] };
    const [ofGateway, ofPool] = [
      gatewayNetworkPolicy(gatewayName, namespace, settings, false),
      poolNetworkPolicy({ namespace, owner }, settings, [443]),
    ] as unknown as [NetworkPolicy, NetworkPolicy];
    await expect(dryRun(ofGateway, ofPool)).resolves.toContain(
      "networkpolicy.networking.k8s.io/ebb-gateway\nnetworkpolicy.networking.k8s.io/ebb-pool",
    );
    const gatewayLabels = gateway.spec.template.metadata?.labels ?? {};
    expect(selects(ofGateway.spec.podSelector.matchLabels, gatewayLabels)).toBe(true);
    expect(portsOf(ofGateway.spec.ingress)).toEqual([ports.firstFunction, ports.gatewayOps]);
    const poolLabels = pool.spec.template.metadata?.labels ?? {};
    expect(selects(ofPool.spec.podSelector.matchLabels, poolLabels)).toBe(true);
    expect(portsOf(ofPool.spec.ingress)).toEqual([ports.poolHttp, ports.poolAdmin]);
  });

  test("those that the guide tells people to make are taken, and name the gateway's pods", async () => {
    const policies = guidePolicies();
    await expect(dryRun(...policies)).resolves.toContain("networkpolicy.networking.k8s.io/from-ebb-gateway");
    const component = gateway.spec.template.metadata?.labels?.["ebb.dev/component"];
    expect(JSON.stringify(policies).match(/"ebb.dev\/component":"\w+"/g)).toEqual(
      policies.map(() => `"ebb.dev/component":"${component}"`),
    );
  });
});
