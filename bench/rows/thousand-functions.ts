/** Many functions at once on the real API server, and what they cost when nothing happens. */
import { setTimeout as delay } from "node:timers/promises";
import { type EdgeFunction, edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { configMaps, deployments, namespaces, services } from "../../operator/kube/objects.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";
import { authModule, moduleObject } from "../../test/e2e/harness/auth-workload.ts";
import { eventually } from "../../test/e2e/harness/eventually.ts";
import { Kubectl } from "../../test/e2e/harness/kubectl.ts";
import { operatorNamespace } from "../../test/e2e/harness/test-cluster.ts";
import { Api, type Followed } from "../cluster/api.ts";
import { clusterName } from "../cluster/name.ts";
import { OperatorPod, type Requests, total, writesBetween } from "../cluster/operator-metrics.ts";
import { deploymentOf, functionOf, serviceOf, type Workload } from "../cluster/workload.ts";
import { writeLimit } from "../cluster/write-limit.ts";
import { concurrently } from "../concurrently.ts";
import { startHollowCluster } from "../hollow/start.ts";
import type { Bench, Figure, Row } from "../row.ts";

interface Scale {
  readonly functions: number;
  readonly namespaces: number;
  /** How long nothing happens. */
  readonly steadySeconds: number;
}

const atOnce = 16;
const setUpSeconds = 900;
const patience = 900;
/** Without a write for so long, all is done. */
const quietSeconds = 40;

const noHolds = { offload: { drainPeriod: "0s" } };

export const thousandFunctions = manyFunctionsRow({ functions: 1000, namespaces: 20, steadySeconds: 300 });

function manyFunctionsRow(scale: Scale): Row {
  return {
    name: "thousand-functions",
    title: `${scale.functions} functions in ${scale.namespaces} namespaces from apply to Offloaded, then ${scale.steadySeconds} s of nothing`,
    measure: async (bench) => {
      const world = await World.open(bench, scale);
      const limit = await world.writeLimit();
      const moved = await world.moveAll();
      return [...moved.figures(limit), ...(await world.rest())];
    },
  };
}

/** What it took to move all of them. */
class Move {
  readonly #scale: Scale;
  readonly #seconds: number;
  readonly #cpuSeconds: number;
  readonly #peakMiB: number;
  readonly #writes: Requests;
  readonly #reads: number;

  constructor(
    scale: Scale,
    seconds: number,
    cpuSeconds: number,
    peakMiB: number,
    writes: Requests,
    reads: number,
  ) {
    this.#scale = scale;
    this.#seconds = seconds;
    this.#cpuSeconds = cpuSeconds;
    this.#peakMiB = peakMiB;
    this.#writes = writes;
    this.#reads = reads;
  }

  /** limit is the API server's own, in writes a second. */
  figures(limit: number): Figure[] {
    const { functions } = this.#scale;
    const writes = total(this.#writes);
    const alone = writes / limit;
    const peer = { what: `as many plain writes at ${Math.round(limit)} a second`, value: alone };
    const kinds = [...this.#writes].toSorted(([, a], [, b]) => b - a);
    return [
      {
        what: "apply to all Offloaded",
        value: this.#seconds,
        unit: "s",
        peer,
        target: { atMost: 30, says: "≤ 30 s" },
      },
      {
        what: "the same beside the API server's own limit",
        value: this.#seconds,
        unit: "s",
        peer,
        target: { atMost: 3 * alone, says: "≤ 3 × the plain writes" },
      },
      { what: "writes a function", value: writes / functions, unit: "" },
      ...kinds.map(([kind, count]) => ({ what: `of them ${kind}`, value: count / functions, unit: "" })),
      { what: "reads a function", value: this.#reads / functions, unit: "" },
      { what: "operator's processor time", value: this.#cpuSeconds, unit: "s" },
      {
        what: "operator's peak memory",
        value: this.#peakMiB,
        unit: "MiB",
        target: { atMost: 150, says: "≤ 150 MiB RSS" },
      },
    ];
  }
}

class World {
  readonly #scale: Scale;
  readonly #bench: Bench;
  readonly #api: Api;
  readonly #operator: OperatorPod;
  readonly #workloads: readonly Workload[];

  private constructor(
    scale: Scale,
    bench: Bench,
    api: Api,
    operator: OperatorPod,
    workloads: readonly Workload[],
  ) {
    this.#scale = scale;
    this.#bench = bench;
    this.#api = api;
    this.#operator = operator;
    this.#workloads = workloads;
  }

  /** Returns when every workload serves, as far as the API server knows. */
  static async open(bench: Bench, scale: Scale): Promise<World> {
    const { cluster, images } = await bench.cluster();
    const kubectl = new Kubectl(cluster.access);
    const replicas = ["scale", "deployment/ebb-operator", "-n", operatorNamespace, "--replicas=2"];
    bench.defer(async () => void (await kubectl.run(replicas)));
    const operator = await OperatorPod.alone(kubectl);
    const hollow = await startHollowCluster(cluster, clusterName);
    bench.defer(() => hollow.stop());
    const api = new Api(cluster.access.kubeconfig);
    bench.defer(() => api.close());
    const image = images["auth-container"].name;
    const workloads = Array.from({ length: scale.functions }, (_, index) => ({
      namespace: `bench-many-${index % scale.namespaces}`,
      name: `service-${Math.floor(index / scale.namespaces)}`,
      image,
      replicas: 1,
    }));
    const world = new World(scale, bench, api, operator, workloads);
    bench.defer(() => world.#removeAll());
    await world.#setUp();
    return world;
  }

  async writeLimit(): Promise<number> {
    const limit = await writeLimit(this.#api.client, this.#namespaces()[0] ?? "");
    this.#bench.log(`the API server takes ${Math.round(limit)} plain writes a second`);
    return limit;
  }

  async moveAll(): Promise<Move> {
    const [requests, usage] = [await this.#operator.requests(), await this.#operator.usage()];
    const functions = await this.#api.follow(edgeFunctions, {});
    const started = performance.now();
    const progress = setInterval(() => this.#bench.log(`${countOffloaded(functions)} are offloaded`), 5000);
    try {
      await concurrently(atOnce, this.#workloads, async (workload) => {
        await this.#api.client.create<KubeObject>(edgeFunctions, functionOf(workload, noHolds));
      });
      this.#bench.log(`applied in ${((performance.now() - started) / 1000).toFixed(1)} s`);
      const isDone = (): boolean => countOffloaded(functions) === this.#workloads.length;
      await functions.until("all are offloaded", isDone, patience);
    } finally {
      clearInterval(progress);
    }
    const seconds = (performance.now() - started) / 1000;
    const [made, used] = [await this.#operator.requests(), await this.#operator.usage()];
    const writes = writesBetween(requests, made);
    const reads = total(made) - total(requests) - total(writes);
    return new Move(this.#scale, seconds, used.cpuSeconds - usage.cpuSeconds, used.peakMiB, writes, reads);
  }

  /** Nothing happens: what is done all the same. */
  async rest(): Promise<Figure[]> {
    const { steadySeconds, functions } = this.#scale;
    await this.#quiet();
    const [requests, usage] = [await this.#operator.requests(), await this.#operator.usage()];
    await delay(steadySeconds * 1000);
    const [made, used] = [await this.#operator.requests(), await this.#operator.usage()];
    const writes = writesBetween(requests, made);
    for (const [kind, count] of writes) this.#bench.log(`at rest: ${kind} ${count}`);
    const share = ((used.cpuSeconds - usage.cpuSeconds) / steadySeconds) * 100;
    const of = `at rest with ${functions} functions, ${steadySeconds} s`;
    return [
      { what: `writes ${of}`, value: total(writes), unit: "", target: { atMost: 0, says: "0" } },
      { what: `requests of any kind ${of}`, value: total(made) - total(requests), unit: "" },
      {
        what: `processor ${of}`,
        value: share,
        unit: "% of a core",
        target: { atMost: 1, says: "≤ 1 % of a core" },
      },
      {
        what: `memory ${of}`,
        value: used.residentMiB,
        unit: "MiB",
        target: { atMost: 150, says: "≤ 150 MiB RSS" },
      },
    ];
  }

  #namespaces(): string[] {
    return [...new Set(this.#workloads.map(({ namespace }) => namespace))];
  }

  async #setUp(): Promise<void> {
    const { client } = this.#api;
    const module = await authModule();
    for (const name of this.#namespaces()) {
      await client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
      await client.create(configMaps, moduleObject(name, module));
    }
    const watched = await this.#api.follow(deployments, {});
    await concurrently(atOnce, this.#workloads, async (workload) => {
      await client.create(services, serviceOf(workload));
      await client.create(deployments, deploymentOf(workload));
    });
    const ready = (): number =>
      this.#workloads.filter(
        ({ namespace, name }) => watched.get(namespace, name)?.status?.readyReplicas === 1,
      ).length;
    await watched.until("every workload is ready", () => ready() === this.#workloads.length, setUpSeconds);
    this.#bench.log(`${this.#workloads.length} workloads are ready`);
  }

  async #quiet(): Promise<void> {
    let [last, since] = [-1, performance.now()];
    const missing = async (): Promise<string | undefined> => {
      const writes = total(writesBetween(new Map(), await this.#operator.requests()));
      if (writes !== last) [last, since] = [writes, performance.now()];
      return performance.now() - since >= quietSeconds * 1000 ? undefined : `${writes} writes so far`;
    };
    await eventually("the operator writes nothing", missing, { seconds: patience, interval: 5000 });
  }

  /** Namespaces that end take all with them, functions first. */
  async #removeAll(): Promise<void> {
    const { client } = this.#api;
    const left = await this.#api.follow(namespaces, {});
    for (const name of this.#namespaces()) await client.delete(namespaces, { name });
    const isGone = (): boolean => this.#namespaces().every((name) => left.get(undefined, name) === undefined);
    await left.until("all namespaces are gone", isGone, patience);
  }
}

function countOffloaded(functions: Followed<EdgeFunction>): number {
  return functions
    .list()
    .filter(({ status }) =>
      status?.conditions?.some(({ type, status }) => type === "Offloaded" && status === "True"),
    ).length;
}
