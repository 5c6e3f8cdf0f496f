/** How long one function takes to the edge and back. */
import { type EdgeFunction, edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { configMaps, deployments, services, type Deployment } from "../../operator/kube/objects.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";
import { authModule, moduleObject } from "../../test/e2e/harness/auth-workload.ts";
import { eventually } from "../../test/e2e/harness/eventually.ts";
import { Api, type Followed } from "../cluster/api.ts";
import { freshNamespace } from "../cluster/fresh-namespace.ts";
import { deploymentOf, functionOf, serviceOf, type Workload } from "../cluster/workload.ts";
import { median, percentile } from "../compare.ts";
import { WhoAnswers } from "../answers/who-answers.ts";
import type { Bench, Figure, Row } from "../row.ts";

interface Runs {
  /** Of a function whose namespace has a gateway and a pool. */
  readonly next: number;
  /** Of a function that is the first of its namespace. */
  readonly first: number;
}

const namespace = "bench-one";
const replicas = 2;
const patience = 120;
const steadyMs = 2_000;

/** What the target of the design is for: without it the gateway's callers get five seconds before pods go. */
const noHolds = { offload: { drainPeriod: "0s" } };

/** Seconds, each of one run. */
interface Times {
  readonly offload: number[];
  readonly firstAnswer: number[];
  readonly allAnswers: number[];
  readonly gone: number[];
  readonly podStart: number[];
}

export const oneFunction = oneFunctionRow({ next: 20, first: 5 });

function oneFunctionRow(runs: Runs): Row {
  return {
    name: "one-function",
    title: `apply to Offloaded and delete to served by the cluster, one function of ${replicas} pods, ${runs.next} runs`,
    measure: async (bench) => {
      const shop = await Shop.open(bench);
      const first = await shop.runs("first of its namespace", runs.first);
      await shop.addNeighbour();
      const next = await shop.runs("with a gateway there", runs.next);
      return figures(first, next);
    },
  };
}

function figures(first: Times, next: Times): Figure[] {
  const podStart = median([...first.podStart, ...next.podStart]);
  const peer = { what: "start of the same pods by kubectl scale", value: podStart };
  const fast = { atMost: 5, says: "≤ 5 s" };
  const back = { atMost: podStart + 2, says: "≤ pod start + 2 s" };
  const row = (what: string, samples: readonly number[], rest: Partial<Figure> = {}): Figure[] => [
    { what: `${what}, p50`, value: median(samples), unit: "s", peer, ...rest },
    { what: `${what}, p95`, value: percentile(samples, 0.95), unit: "s", peer },
  ];
  return [
    ...row("apply to Offloaded", next.offload, { target: fast }),
    ...row("apply to Offloaded, gateway and pool start with it", first.offload),
    ...row("delete to the first answer of the workload", next.firstAnswer),
    ...row("delete to all answers from the workload", next.allAnswers, { target: back }),
    ...row("delete to all from the workload, gateway and pool go too", first.allAnswers, { target: back }),
    ...row("delete to the EdgeFunction being gone", next.gone),
  ];
}

class Shop {
  readonly #api: Api;
  readonly #functions: Followed<EdgeFunction>;
  readonly #deployments: Followed<Deployment>;
  readonly #answers: WhoAnswers;
  readonly #workload: Workload;
  readonly #log: Bench["log"];

  private constructor(
    api: Api,
    functions: Followed<EdgeFunction>,
    watched: Followed<Deployment>,
    answers: WhoAnswers,
    workload: Workload,
    log: Bench["log"],
  ) {
    this.#api = api;
    this.#functions = functions;
    this.#deployments = watched;
    this.#answers = answers;
    this.#workload = workload;
    this.#log = log;
  }

  static async open(bench: Bench): Promise<Shop> {
    const { cluster, images } = await bench.cluster();
    const api = new Api(cluster.access.kubeconfig);
    bench.defer(() => api.close());
    const { client } = api;
    bench.defer(await freshNamespace(cluster, namespace));
    await client.create(configMaps, moduleObject(namespace, await authModule()));
    const workload = { namespace, name: "auth", image: images["auth-container"].name, replicas };
    await client.create(deployments, deploymentOf(workload));
    const service = await client.create(services, serviceOf(workload));
    const functions = await api.follow(edgeFunctions, { namespace });
    const watched = await api.follow(deployments, { namespace });
    const answers = new WhoAnswers(cluster, `http://${service.spec.clusterIP}/healthz`);
    bench.defer(() => answers.stop());
    const shop = new Shop(api, functions, watched, answers, workload, (line) => bench.log(line));
    await shop.#scaled(replicas);
    return shop;
  }

  /** Another function, so that the namespace's gateway and pool stay when the measured one goes. */
  async addNeighbour(): Promise<void> {
    const neighbour = { ...this.#workload, name: "neighbour", replicas: 1 };
    await this.#api.client.create(deployments, deploymentOf(neighbour));
    await this.#api.client.create(services, serviceOf(neighbour));
    await this.#offload(neighbour.name);
  }

  async runs(kind: string, count: number): Promise<Times> {
    const times: Times = { offload: [], firstAnswer: [], allAnswers: [], gone: [], podStart: [] };
    for (let run = 1; run <= count; run++) {
      times.podStart.push(await this.#restartPods());
      times.offload.push(await this.#offload(this.#workload.name));
      await eventually("only the edge answers", () => this.#missing("edge"), { seconds: patience });
      await this.#giveBack(times);
      const last = Object.entries(times).map(
        ([what, samples]: [string, number[]]) => `${what} ${samples.at(-1)?.toFixed(2)}`,
      );
      this.#log(`${kind}, run ${run} of ${count}: ${last.join(", ")} s`);
    }
    return times;
  }

  /** Seconds from the write of the scale to all pods being ready. */
  async #restartPods(): Promise<number> {
    await this.#scaled(0);
    return this.#scaled(replicas);
  }

  async #scaled(count: number): Promise<number> {
    const { name } = this.#workload;
    const started = Date.now();
    const written = await this.#api.client.merge(
      deployments,
      { namespace, name },
      { spec: { replicas: count } },
    );
    await this.#deployments.until(
      `${count} pods`,
      () => {
        const { metadata, status } = this.#deployments.get(namespace, name) ?? written;
        const isSeen = (status?.observedGeneration ?? 0) >= (written.metadata.generation ?? 0);
        return (
          isSeen &&
          metadata.generation === written.metadata.generation &&
          (status?.replicas ?? 0) === count &&
          (status?.readyReplicas ?? 0) === count
        );
      },
      patience,
    );
    return seconds(started, Date.now());
  }

  async #offload(name: string): Promise<number> {
    const started = Date.now();
    await this.#api.client.create<KubeObject>(edgeFunctions, functionOf({ namespace, name }, noHolds));
    const isOffloaded = (): boolean =>
      (this.#functions.get(namespace, name)?.status?.conditions ?? []).some(
        ({ type, status }) => type === "Offloaded" && status === "True",
      );
    await this.#functions.until(`${name} is offloaded`, isOffloaded, patience);
    return seconds(started, Date.now());
  }

  async #giveBack(times: Times): Promise<void> {
    const { name } = this.#workload;
    const started = Date.now();
    await this.#api.client.delete(edgeFunctions, { namespace, name });
    await this.#functions.until(
      "it is gone",
      () => this.#functions.get(namespace, name) === undefined,
      patience,
    );
    times.gone.push(seconds(started, Date.now()));
    await eventually("only the workload answers", () => this.#missing("origin"), { seconds: patience });
    times.firstAnswer.push(seconds(started, this.#answers.firstAfter("origin", started) ?? Infinity));
    times.allAnswers.push(seconds(started, this.#answers.since("origin") ?? Infinity));
  }

  /** Pods that end may still answer after those of others. */
  #missing(who: string): Promise<string | undefined> {
    const since = this.#answers.since(who) ?? Infinity;
    return Promise.resolve(Date.now() - since < steadyMs ? "others answer" : undefined);
  }
}

function seconds(from: number, to: number): number {
  return (to - from) / 1000;
}
