/** API servers that have the project's CRDs: a real one and the fake one, behind one interface. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KubeConfig } from "@kubernetes/client-node";
import { expect, vi } from "vitest";
import { group, version } from "../../operator/api/v1alpha1/names.ts";
import { systemClock } from "../../operator/api/system-clock.ts";
import { Connection, type WireRequest } from "../../operator/kube/connection.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";
import { type Cluster, resolveCluster } from "../cluster/cluster.ts";
import { loadCustomKinds } from "../kit/fake-apiserver/custom-kinds.ts";
import { startFakeApiServer } from "../kit/fake-apiserver/fake-api-server.ts";

const crdFolder = fileURLToPath(new URL("../../crds/", import.meta.url));

interface Answer {
  readonly code: number;
  /** Why a request was refused. */
  readonly message?: string;
  readonly object: KubeObject & { readonly spec?: unknown; readonly status?: unknown };
}

export interface CrdServer {
  /** API group under which the server has the CRDs. */
  readonly apiVersion: string;
  readonly namespace: string;
  /** Creates an object with strict field validation, as kubectl does; dryRun stores nothing. */
  create(plural: string, object: object, options?: { readonly dryRun: boolean }): Promise<Answer>;
  /** Sends a JSON merge patch to an object or to its status. */
  merge(plural: string, name: string, patch: object, subresource?: "status"): Promise<Answer>;
  stop(): Promise<void>;
}

export interface RealCrdServer extends CrdServer {
  /** `kubectl explain` of a path such as `ef.spec`, in plain text. */
  explain(path: string): Promise<string>;
  /** `kubectl get` with a table as output. */
  table(...args: readonly string[]): Promise<string>;
}

/** The fake API server with the CRDs as they are. */
export async function startFakeCrdServer(): Promise<CrdServer> {
  const fake = await startFakeApiServer({ customKinds: loadCustomKinds() });
  const config = new KubeConfig();
  // client-node takes a plain HTTP server for a mistake unless TLS is waived.
  config.loadFromClusterAndUser({ name: "fake", server: fake.url, skipTLSVerify: true }, { name: "test" });
  const server = await serverOf(config, group);
  return {
    ...server,
    stop: async () => {
      await server.stop();
      await fake.stop();
    },
  };
}

/**
 * The cluster's API server, with copies of the CRDs in a group of their own: those of an installed Ebb are neither
 * used nor changed. The copies and everything in them are removed at the end.
 */
export async function startRealCrdServer(): Promise<RealCrdServer> {
  const ownGroup = `contract-${randomBytes(4).toString("hex")}.ebb.test`;
  const cluster = await resolveCluster();
  await applyCrds(cluster, ownGroup);
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  config.setCurrentContext(cluster.context);
  const server = await serverOf(config, ownGroup);
  const cache = await mkdtemp(join(tmpdir(), "ebb-kubectl-"));
  return {
    ...server,
    explain: (path) =>
      cluster.kubectl("explain", `--cache-dir=${cache}`, `--api-version=${ownGroup}/${version}`, path),
    table: (...args) => cluster.kubectl("get", "--namespace", server.namespace, ...args),
    stop: async () => {
      await server.stop();
      await cluster.kubectl("delete", "crd", ...crds(ownGroup).map(({ name }) => name));
      await rm(cache, { recursive: true });
    },
  };
}

function crds(ownGroup: string): { readonly name: string; readonly text: string }[] {
  return readdirSync(crdFolder).map((file) => {
    const text = readFileSync(`${crdFolder}${file}`, "utf8")
      .replace(/^( {2}name: \w+)\.ebb\.dev$/m, `$1.${ownGroup}`)
      .replace(/^ {2}group: .*$/m, `  group: ${ownGroup}`);
    return { name: /^ {2}name: (.*)$/m.exec(text)?.[1] ?? file, text };
  });
}

async function applyCrds(cluster: Cluster, ownGroup: string): Promise<void> {
  const copies = crds(ownGroup);
  const folder = await mkdtemp(join(tmpdir(), "ebb-crds-"));
  for (const { name, text } of copies) await writeFile(join(folder, `${name}.yaml`), text);
  await cluster.kubectl("apply", "--filename", folder);
  await rm(folder, { recursive: true });
  await cluster.kubectl("wait", "--for=condition=Established", ...copies.map(({ name }) => `crd/${name}`));
  // Discovery and the documentation follow an established CRD a moment later.
  await vi.waitFor(async () => {
    const served = await cluster.kubectl("get", "--raw", `/apis/${ownGroup}/${version}`);
    expect(copies.filter(({ name }) => served.includes(`"${name.split(".")[0]}"`))).toEqual(copies);
    expect(await cluster.kubectl("get", "--raw", "/openapi/v3")).toContain(ownGroup);
  }, 30_000);
}

async function serverOf(config: KubeConfig, ownGroup: string): Promise<CrdServer> {
  const connection = new Connection({ kubeConfig: config, clock: systemClock });
  const namespace = `ebb-contract-${randomBytes(4).toString("hex")}`;
  const send = (method: WireRequest["method"], path: string, body?: object) =>
    request(connection, method, path, body);
  const made = await send("POST", "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  if (made.code !== 201) throw new Error(made.message);
  const base = `/apis/${ownGroup}/${version}`;
  const collection = (plural: string) =>
    plural === "clusteredgetargets" ? `${base}/${plural}` : `${base}/namespaces/${namespace}/${plural}`;
  return {
    apiVersion: `${ownGroup}/${version}`,
    namespace,
    create: (plural, object, { dryRun } = { dryRun: true }) =>
      send("POST", `${collection(plural)}?fieldValidation=Strict${dryRun ? "&dryRun=All" : ""}`, object),
    merge: (plural, name, patch, subresource) =>
      send(
        "PATCH",
        `${collection(plural)}/${name}${subresource === undefined ? "" : `/${subresource}`}`,
        patch,
      ),
    stop: async () => {
      await send("DELETE", `/api/v1/namespaces/${namespace}`);
      await connection.close();
    },
  };
}

async function request(
  connection: Connection,
  method: WireRequest["method"],
  path: string,
  body?: object,
): Promise<Answer> {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const reply = await connection.send({
    method,
    path,
    accept: "application/json",
    signal: AbortSignal.timeout(30_000),
    headersTimeoutMs: 30_000,
    bodyTimeoutMs: 30_000,
    ...(body && { body: { type, text: JSON.stringify(body) } }),
  });
  const object = (await reply.body.json()) as Answer["object"] & { message?: string };
  return { code: reply.statusCode, object, ...(object.message !== undefined && { message: object.message }) };
}
