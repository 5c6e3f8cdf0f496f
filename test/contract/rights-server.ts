/** A real API server that holds a stand-in of the operator's account to the chart's admission policies. */
import { randomBytes } from "node:crypto";
import { KubeConfig } from "@kubernetes/client-node";
import { expect, vi } from "vitest";
import { parseAllDocuments } from "yaml";
import { group } from "../../operator/api/v1alpha1/names.ts";
import { systemClock } from "../../operator/api/system-clock.ts";
import { Connection, type WireRequest } from "../../operator/kube/connection.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";
import { type Cluster, resolveCluster } from "../cluster/cluster.ts";
import { kubectlBinary } from "../cluster/tools/kubectl.ts";
import { Kubectl, type Manifest } from "../e2e/harness/kubectl.ts";
import { startRealCrdServer } from "./crd-servers.ts";
import { chartFolder } from "./rendered-chart.ts";
import { edgeFunction, edgeTarget, fixtures, sliceFixtures } from "./rights-fixtures.ts";

/** One write; nothing of it is stored. */
export interface Attempt {
  readonly method: WireRequest["method"];
  readonly path: string;
  readonly type?: `application/${"" | "merge-patch+" | "json-patch+" | "strategic-merge-patch+"}json`;
  readonly body?: unknown;
}

interface Answer {
  readonly code: number;
  /** Why it was refused; empty otherwise. */
  readonly message: string;
}

/** Where the objects of rights-fixtures are. */
export interface Places {
  readonly namespace: string;
  /** Of the EndpointSlices: an Ebb that is installed there looks after none of them. */
  readonly slices: string;
  /** Of the pod that owns them. */
  readonly uid: string;
  /** Path of the EdgeFunctions. */
  readonly functions: string;
}

export interface RightsServer {
  readonly places: Places;
  /** As the operator's account would, if every role allowed it everything. */
  asOperator(attempt: Attempt): Promise<Answer>;
  /** As an administrator whom no policy holds. */
  asAdmin(attempt: Attempt): Promise<Answer>;
  stop(): Promise<void>;
}

interface Policy extends KubeObject {
  readonly kind: string;
  readonly spec: { readonly policyName?: string; readonly [field: string]: unknown };
}

/** Everything it makes has a name of its own: an Ebb that is installed is neither used nor changed. */
export async function startRightsServer(): Promise<RightsServer> {
  const cluster = await resolveCluster();
  const { kubeconfig, context } = cluster;
  const kubectl = new Kubectl({ kubectl: await kubectlBinary(), kubeconfig, context });
  const crds = await startRealCrdServer();
  const suffix = randomBytes(4).toString("hex");
  const namespace = `ebb-rights-${suffix}`;
  const slices = `${namespace}-slices`;
  for (const name of [namespace, slices]) await kubectl.run(["create", "namespace", name]);
  await kubectl.run(["create", "serviceaccount", "ebb-operator", "-n", namespace]);
  await kubectl.run([
    "create",
    "clusterrolebinding",
    namespace,
    "--clusterrole=cluster-admin",
    `--serviceaccount=${namespace}:ebb-operator`,
  ]);
  await kubectl.apply(
    ...fixtures(namespace, slices),
    edgeFunction(crds.apiVersion, crds.namespace),
    edgeTarget(crds.apiVersion, "EdgeTarget", "checkout", crds.namespace),
  );
  const { uid = "" } = (await kubectl.get(slices, "pod", "ebb-gateway-0")).metadata;
  await kubectl.apply(...sliceFixtures(slices, uid));
  const policies = await policiesOfChart(cluster, namespace, suffix, crds.apiVersion);
  await kubectl.apply(...policies);
  const functions = `/apis/${crds.apiVersion}/namespaces/${crds.namespace}/edgefunctions`;
  const token = await kubectl.run(["create", "token", "ebb-operator", "-n", namespace, "--duration=1h"]);
  const operator = new Connection({ kubeConfig: configOf(cluster, token.trim()), clock: systemClock });
  const admin = new Connection({ kubeConfig: configOf(cluster), clock: systemClock });
  return {
    places: { namespace, slices, uid, functions },
    asOperator: (attempt) => send(operator, attempt),
    asAdmin: (attempt) => send(admin, attempt),
    stop: async () => {
      await Promise.all([operator.close(), admin.close()]);
      for (const { kind, metadata } of policies) await kubectl.run(["delete", kind, metadata.name]);
      await kubectl.run(["delete", "clusterrolebinding", namespace]);
      await kubectl.run(["delete", "namespace", namespace, slices, "--wait=false"]);
      // A finalizer would keep the kinds themselves.
      await crds.merge("edgefunctions", "checkout", { metadata: { finalizers: null } });
      await crds.stop();
    },
  };
}

/** Returns when the API server holds to every policy: attempt is refused by it. */
export async function untilHeld({ asOperator }: RightsServer, attempts: readonly Attempt[]): Promise<void> {
  for (const attempt of attempts)
    await vi.waitFor(async () => expect((await asOperator(attempt)).message).toContain("denied request"), {
      timeout: 60_000,
      interval: 200,
    });
}

/** As the chart renders them, under other names and for the copies of the CRDs. */
async function policiesOfChart(
  cluster: Cluster,
  namespace: string,
  suffix: string,
  apiVersion: string,
): Promise<Manifest[]> {
  const template = "templates/admission-policy.yaml";
  const text = await cluster.helm("template", "ebb", chartFolder, "-n", namespace, "--show-only", template);
  const copies = parseAllDocuments(text.replaceAll(`[${group}]`, `[${apiVersion.split("/")[0]}]`));
  return copies.map((document) => {
    const policy = document.toJS() as Policy & Manifest;
    const { policyName } = policy.spec;
    return {
      ...policy,
      metadata: { ...policy.metadata, name: `${policy.metadata.name}-${suffix}` },
      spec: { ...policy.spec, ...(policyName !== undefined && { policyName: `${policyName}-${suffix}` }) },
    };
  });
}

/** With a token the account that it is of, else the kubeconfig's. */
function configOf({ kubeconfig, context }: Cluster, token?: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (token === undefined || cluster === null) return config;
  const account = new KubeConfig();
  account.loadFromClusterAndUser(cluster, { name: "operator", token });
  return account;
}

async function send(connection: Connection, { method, path, type, body }: Attempt): Promise<Answer> {
  const reply = await connection.send({
    method,
    path: `${path}?dryRun=All`,
    accept: "application/json",
    signal: AbortSignal.timeout(30_000),
    headersTimeoutMs: 30_000,
    bodyTimeoutMs: 30_000,
    ...(body !== undefined && { body: { type: type ?? "application/json", text: JSON.stringify(body) } }),
  });
  const { message = "" } = (await reply.body.json()) as { message?: string };
  return { code: reply.statusCode, message: reply.statusCode < 400 ? "" : message };
}
