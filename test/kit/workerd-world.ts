/** A fake API server, the workerd provider of one operator, and pods of its pool that a test starts as the kubelet would. */
import { createHash } from "node:crypto";
import type { FunctionIdentity } from "../../operator/api/function-identity.ts";
import { functionKey } from "../../operator/api/v1alpha1/names.ts";
import { edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { configMaps, pods, secrets } from "../../operator/kube/objects.ts";
import type { Artifact } from "../../operator/provider/provider.ts";
import type { Workerd } from "../../operator/provider/workerd/create-workerd-provider.ts";
import { poolLabels } from "../../operator/provider/workerd/pool-manifests.ts";
import { decodeSecret } from "../../operator/provider/workerd/secret-data.ts";
import { loadCustomKinds } from "./fake-apiserver/custom-kinds.ts";
import { startFakeApiServer } from "./fake-apiserver/fake-api-server.ts";
import type { FakeApiServer } from "./fake-apiserver/fake-api-server.ts";
import { startFakePool } from "./fake-pool.ts";
import type { FakePool } from "./fake-pool.ts";
import { type RealPool, startRealPool } from "./real-pool.ts";
import { workerdOperator } from "./workerd-operator.ts";
import type { WorkerdOperatorOptions } from "./workerd-operator.ts";

export const namespace = "shop";

/** A Worker that answers body. */
export function worker(body: string): Artifact {
  return workerOf(`export default { fetch: () => new Response("${body}") };`, { NAME: body });
}

export function workerOf(source: string, env: Readonly<Record<string, string>> = {}): Artifact {
  const bytes = new TextEncoder().encode(source);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  return { abi: "Worker", bytes: () => Promise.resolve(bytes), digest, env };
}

export class WorkerdWorld {
  readonly server: FakeApiServer;
  readonly operator: Workerd;
  /** Fake pools that run, by pod name. */
  readonly running = new Map<string, FakePool>();
  readonly #processes: RealPool[] = [];
  readonly #others: Workerd[] = [];

  private constructor(server: FakeApiServer, options: WorkerdOperatorOptions) {
    this.server = server;
    this.operator = workerdOperator(server, options);
  }

  static async start(options: WorkerdOperatorOptions = {}): Promise<WorkerdWorld> {
    const server = await startFakeApiServer({ customKinds: loadCustomKinds() });
    // The fake server knows a namespace by what is in it.
    for (const ref of [
      { namespace, name: "user" },
      { namespace: "ebb-system", name: "any" },
    ])
      server.put(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: ref });
    return new WorkerdWorld(server, options);
  }

  /** Of the EdgeFunction of that name, which is made when it is not there. */
  identity(name: string): FunctionIdentity {
    const module = { configMapKeyRef: { name: "any", key: "any" }, abi: "Worker" as const };
    const defaults = { placement: "Edge", suspend: false, offload: { drainPeriod: "5s" } } as const;
    const spec = { ...defaults, workloadRef: { name }, module };
    const fn =
      this.server.read(edgeFunctions, { namespace, name }) ??
      this.server.put(edgeFunctions, { metadata: { namespace, name }, spec });
    const { uid = "" } = fn.metadata;
    return { namespace, name, uid, key: functionKey(uid) };
  }

  /** One more operator, which remembers nothing; it ends with the world. */
  another(options: WorkerdOperatorOptions = {}): Workerd {
    const operator = workerdOperator(this.server, options);
    this.#others.push(operator);
    return operator;
  }

  /** A ready pod, with the Secret that the operator made; files are on its disk already. */
  async startPod(name: string, address: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
    this.running.set(name, await startFakePool({ address, tls: this.#tls(), drainSeconds: 0, files }));
    this.putPod(name, address, true);
  }

  /** The same with workerd in it. */
  async startWorkerdPod(name: string, address: string): Promise<void> {
    this.#processes.push(await startRealPool({ address, tls: this.#tls(), drainSeconds: 0 }));
    this.putPod(name, address, true);
  }

  #tls() {
    const secret = this.server.read(secrets, { namespace, name: "ebb-pool-tls" });
    const data = decodeSecret(secret ?? { metadata: { name: "" } });
    return {
      server: { certificate: data["tls.crt"] ?? "", key: data["tls.key"] ?? "" },
      clientAuthority: { certificate: data["client-ca.crt"] ?? "" },
    };
  }

  /** The pod alone, without a process. */
  putPod(name: string, podIP: string, ready: boolean): void {
    this.server.put(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace, name, labels: poolLabels() },
      spec: { containers: [{ name: "workerd", image: "ebb.local/edge:1" }] },
    });
    const conditions = [{ type: "Ready", status: ready ? ("True" as const) : ("False" as const) }];
    const status = { podIP, phase: "Running", conditions };
    this.server.change(pods, { namespace, name }, (pod) => ({ ...pod, status }), { subresource: "status" });
  }

  async stop(): Promise<void> {
    await Promise.all([this.operator, ...this.#others].map((operator) => operator.close()));
    await Promise.all([...this.running.values(), ...this.#processes].map((pool) => pool.stop()));
    await this.server.stop();
  }
}
