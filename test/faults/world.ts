/** A whole small world: API server, controllers, node, workload, operators; every write is held against the laws. */
import type { Config } from "../../operator/config.ts";
import { type EdgeFunction, edgeFunctions } from "../../operator/kube/edge-objects.ts";
import {
  configMaps,
  type Deployment,
  deployments,
  namespaces,
  services,
} from "../../operator/kube/objects.ts";
import type { KubeObject, Resource } from "../../operator/kube/resource.ts";
import { loadCustomKinds } from "../kit/fake-apiserver/custom-kinds.ts";
import { type FakeApiServer, startFakeApiServer } from "../kit/fake-apiserver/fake-api-server.ts";
import type { Kind } from "../kit/fake-apiserver/kind.ts";
import { type EbbProcesses, ebbPrograms } from "../kit/fake-cluster/ebb-programs.ts";
import { type FakeCluster, startFakeCluster } from "../kit/fake-cluster/fake-cluster.ts";
import { WorldClock } from "./world-clock.ts";
import { deploymentOf, type FunctionSpec, moduleOf, namespace, serviceOf } from "./checkout.ts";
import { asWritten } from "./comparable.ts";
import { type LawWatch, watchLaws } from "./laws/law-watch.ts";
import { type OperatorOptions, type OperatorProcess, startOperatorProcess } from "./operator-process.ts";
import { originProgram } from "./origin-program.ts";

export interface Scene {
  readonly deployment: string;
  readonly replicas: number;
  /** Its pods end the moment that they are told. */
  readonly isAbrupt?: boolean;
  /** Applied under the Deployment's name when the workload is ready. */
  readonly edgeFunction?: FunctionSpec;
  /** Worlds that live at the same time need different slots, 0 to 255. */
  readonly slot?: number;
  /** What the pool's pods run; the fake unless given. The laws know the fake only. */
  readonly pool?: "fake" | "workerd";
  /** What api.cloudflare.com and workers.dev lead to. */
  readonly cloudflare?: OperatorOptions["cloudflare"];
  /** What api.deno.com and deno.net lead to. */
  readonly deno?: OperatorOptions["deno"];
  /** Kinds of the CRDs, when many worlds share them. */
  readonly customKinds?: readonly Kind[];
}

export interface WorldParts {
  readonly server: FakeApiServer;
  readonly cluster: FakeCluster;
  readonly clock: WorldClock;
  readonly ebb: EbbProcesses;
  readonly laws: LawWatch;
  readonly scene: Scene;
}

/** Milliseconds of the world that pass in a real one. */
const speed = 20;
const patienceMs = 60_000;

export class World {
  readonly server: FakeApiServer;
  readonly cluster: FakeCluster;
  readonly clock: WorldClock;
  readonly ebb: EbbProcesses;
  readonly laws: LawWatch;
  readonly scene: Scene;
  /** What the chart says of NetworkPolicies to the operators that are started from now on. */
  networkPolicies: Config["networkPolicies"] | undefined;
  readonly #before: ReadonlyMap<string, unknown>;
  readonly #operators = new Map<string, OperatorProcess>();
  #starts = 0;

  constructor(parts: WorldParts) {
    this.server = parts.server;
    this.cluster = parts.cluster;
    this.clock = parts.clock;
    this.ebb = parts.ebb;
    this.laws = parts.laws;
    this.scene = parts.scene;
    const { deployment } = parts.scene;
    this.#before = new Map([
      [deployment, this.deployment(deployment)],
      [`service/${deployment}`, this.service(deployment)],
    ]);
  }

  /** Starts the operator; a process that has lost its lease ends, and is started again as a kubelet does. */
  startOperator(identity = "operator-0"): OperatorProcess {
    this.#starts += 1;
    const token = `${identity}.${this.#starts}`;
    const { server, clock, laws } = this;
    const process = startOperatorProcess({
      server,
      clock,
      identity,
      token,
      ...(this.networkPolicies === undefined ? {} : { networkPolicies: this.networkPolicies }),
      cloudflare: this.scene.cloudflare,
      deno: this.scene.deno,
      onLog: (line) => laws.onLog(line),
      onLeaseLost: () => this.startOperator(identity),
    });
    this.#operators.set(identity, process);
    return process;
  }

  /** Kills the operator of that identity and starts it again. */
  async restartOperator(identity = "operator-0"): Promise<void> {
    await this.#operators.get(identity)?.kill();
    this.startOperator(identity);
  }

  apply(name: string, spec: FunctionSpec): EdgeFunction {
    const defaults = { placement: "Edge", suspend: false, offload: { drainPeriod: "5s" } } as const;
    const fn = this.server.put(edgeFunctions, {
      metadata: { namespace, name },
      spec: { ...defaults, ...spec },
    });
    return fn;
  }

  edgeFunction(name = this.scene.deployment): EdgeFunction | undefined {
    return this.server.read(edgeFunctions, { namespace, name });
  }

  /** The Deployment as its owner wrote it. */
  deployment(name: string): unknown {
    return asWritten(this.liveDeployment(name));
  }

  /** The Service as its owner wrote it. */
  service(name: string): unknown {
    return asWritten(this.server.read(services, { namespace, name }));
  }

  liveDeployment(name = this.scene.deployment): Deployment | undefined {
    return this.server.read(deployments, { namespace, name });
  }

  /** The Deployment, or `service/NAME`, as it was when the world began. */
  before(name: string): unknown {
    return this.#before.get(name);
  }

  /** Deletes `ef/NAME` and waits until it is gone. */
  async delete(target: `ef/${string}`): Promise<void> {
    const name = target.slice("ef/".length);
    if (this.edgeFunction(name) === undefined) return;
    this.server.remove(edgeFunctions, { namespace, name });
    await this.until(`${target} is gone`, () => this.edgeFunction(name) === undefined);
  }

  async untilOffloaded(name = this.scene.deployment): Promise<void> {
    await this.untilCondition(name, "Offloaded", "True");
    await this.untilCondition(name, "Ready", "True");
  }

  async untilCondition(name: string, type: string, status: string, reason?: string): Promise<void> {
    await this.until(`${name} has ${type}=${status} ${reason ?? ""}`, () => {
      const found = this.edgeFunction(name)?.status?.conditions?.find((each) => each.type === type);
      return found?.status === status && (reason === undefined || found.reason === reason);
    });
  }

  /** Waits until holds is true after some change. Errors: what was seen last, after a minute. */
  async until(what: string, holds: () => boolean): Promise<void> {
    if (holds()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const unsubscribe = this.server.onChange(() => {
      if (holds()) resolve();
    });
    const timer = setTimeout(() => reject(new Error(`not seen: ${what}; ${this.#describe()}`)), patienceMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      unsubscribe();
    }
  }

  /** Objects of the workload's namespace that carry Ebb's mark. */
  ebbObjects(): KubeObject[] {
    return this.laws.ebbObjects();
  }

  read<T extends KubeObject>(resource: Resource<T>, name: string): T | undefined {
    return this.server.read(resource, { namespace, name });
  }

  /** Ends everything. Errors: what a process of the operator failed with. */
  async end(): Promise<void> {
    try {
      await Promise.all([...this.#operators.values()].map((operator) => operator.kill()));
    } finally {
      await this.cluster.stop();
      await this.server.stop();
    }
  }

  #describe(): string {
    const { status, metadata } = this.edgeFunction() ?? {};
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    const replicas = this.liveDeployment()?.spec.replicas;
    return JSON.stringify({ deleted: metadata?.deletionTimestamp, phase: status?.phase, ready, replicas });
  }
}

async function cluster(scene: Scene): Promise<World> {
  const clock = new WorldClock(speed);
  const now = (): number => clock.now();
  const server = await startFakeApiServer({ customKinds: scene.customKinds ?? loadCustomKinds(), now });
  const outside = (scene.cloudflare ?? scene.deno)?.fake;
  const ebb = ebbPrograms(server, scene.pool, (host) => outside?.target(host));
  const { programs } = ebb;
  const stage = startFakeCluster({ server, slot: scene.slot ?? 0, programs, app: originProgram, now });
  server.put(namespaces, { metadata: { name: "ebb-system" } });
  server.put(deployments, deploymentOf(scene.deployment, scene.replicas, scene.isAbrupt));
  server.put(services, serviceOf(scene.deployment));
  server.put(configMaps, moduleOf(scene.deployment));
  const { deployment: workload, replicas } = scene;
  const answersOutside = (host: string): boolean => outside?.answers(host) === true;
  const laws = watchLaws({ server, ebb, namespace, workload, replicas, answersOutside });
  const world = new World({ server, cluster: stage, clock, ebb, laws, scene });
  await world.until("the workload is served", () => laws.readyEndpoints() === scene.replicas);
  laws.begin();
  if (scene.edgeFunction !== undefined) world.apply(scene.deployment, scene.edgeFunction);
  return world;
}

/** Where every scenario begins. */
export const given = { cluster };
