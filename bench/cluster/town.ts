/** Namespaces with small services in them, all of which move to the edge. */
import { type EdgeFunction, edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { configMaps, deployments, type Pod, services } from "../../operator/kube/objects.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";
import { authModule, moduleObject } from "../../test/e2e/harness/auth-workload.ts";
import { Kubectl } from "../../test/e2e/harness/kubectl.ts";
import { operatorNamespace } from "../../test/e2e/harness/test-cluster.ts";
import type { Bench } from "../row.ts";
import { Api } from "./api.ts";
import { freshNamespace } from "./fresh-namespace.ts";
import { type PodUsage, podUsage, sumOf } from "./pod-usage.ts";
import { deploymentOf, functionOf, serviceOf, type Workload } from "./workload.ts";

/** So many services, spread over so many namespaces. */
export interface Layout {
  readonly services: number;
  readonly namespaces: number;
}

/** A small service as many are: two pods, each of which asks for this. */
export const servicePods = { replicas: 2, requests: { cpu: "100m", memory: "128Mi" } };

/** Services that are in the cluster at a time: their requests have to fit on a node of two cores, beside Ebb's pods. */
const atATime = ({ namespaces }: Layout): number => (namespaces === 1 ? 5 : 1);

/** Seconds. */
const patience = 300;

export class Town {
  readonly #api: Api;
  readonly #kubectl: Kubectl;
  readonly #workloads: readonly Workload[];
  readonly #atATime: number;
  readonly #removals: readonly (() => Promise<void>)[];
  readonly #log: Bench["log"];

  private constructor(
    api: Api,
    kubectl: Kubectl,
    workloads: readonly Workload[],
    atATime: number,
    removals: readonly (() => Promise<void>)[],
    log: Bench["log"],
  ) {
    this.#api = api;
    this.#kubectl = kubectl;
    this.#workloads = workloads;
    this.#atATime = atATime;
    this.#removals = removals;
    this.#log = log;
  }

  /** With namespaces, and no service yet. */
  static async build(bench: Bench, layout: Layout): Promise<Town> {
    const { cluster, images } = await bench.cluster();
    const api = new Api(cluster.access.kubeconfig);
    const image = images["auth-container"].name;
    const workloads = Array.from({ length: layout.services }, (_, index) => ({
      namespace: `bench-cost-${index % layout.namespaces}`,
      name: `service-${index}`,
      image,
      ...servicePods,
    }));
    const removals: (() => Promise<void>)[] = [];
    const module = await authModule();
    for (const name of namespacesOf(workloads)) {
      removals.push(await freshNamespace(cluster, name));
      await api.client.create(configMaps, moduleObject(name, module));
    }
    const log = (line: string): void => bench.log(line);
    return new Town(api, new Kubectl(cluster.access), workloads, atATime(layout), removals, log);
  }

  /** Brings all services up and moves them to the edge, a few at a time; what they used before that, over the given seconds. */
  async move(seconds: number): Promise<PodUsage> {
    const used: PodUsage[] = [];
    for (let from = 0; from < this.#workloads.length; from += this.#atATime) {
      const workloads = this.#workloads.slice(from, from + this.#atATime);
      await this.#serve(workloads);
      used.push(...(await this.usage(seconds)).services.values());
      await this.#offload(workloads);
    }
    return sumOf(used);
  }

  async #serve(workloads: readonly Workload[]): Promise<void> {
    const { client } = this.#api;
    const watched = await this.#api.follow(deployments, {});
    for (const workload of workloads) {
      await client.create(services, serviceOf(workload));
      await client.create(deployments, deploymentOf(workload));
    }
    const isReady = ({ namespace, name }: Workload): boolean =>
      watched.get(namespace, name)?.status?.readyReplicas === servicePods.replicas;
    await watched.until("the services serve", () => workloads.every(isReady), patience);
    this.#log(`${workloads.length} services serve`);
  }

  async #offload(workloads: readonly Workload[]): Promise<void> {
    const functions = await this.#api.follow(edgeFunctions, {});
    for (const workload of workloads)
      await this.#api.client.create<KubeObject>(edgeFunctions, functionOf(workload));
    const isAway = ({ namespace, name }: Workload): boolean => isOffloaded(functions.get(namespace, name));
    await functions.until("they are offloaded", () => workloads.every(isAway), patience);
    this.#log(`${workloads.length} services are offloaded`);
  }

  /** By pod, over the given seconds. */
  async usage(seconds: number): Promise<Record<"ebb" | "services", Map<string, PodUsage>>> {
    const all = await podUsage(this.#kubectl, seconds);
    const places = namespacesOf(this.#workloads).map((name) => `${name}/`);
    const select = (holds: (pod: string) => boolean): Map<string, PodUsage> =>
      new Map([...all].filter(([pod]) => holds(pod)));
    const isIn = (pod: string, name: string): boolean =>
      places.some((place) => pod.startsWith(`${place}${name}-`));
    return {
      ebb: select(
        (pod) => pod.startsWith(`${operatorNamespace}/`) || isIn(pod, "ebb-gateway") || isIn(pod, "ebb-pool"),
      ),
      services: select((pod) => isIn(pod, "service")),
    };
  }

  /** All of Ebb. */
  async pods(): Promise<Pod[]> {
    const operator = await this.#kubectl.list<Pod>(
      operatorNamespace,
      "pods",
      "app.kubernetes.io/name=ebb-operator",
    );
    const places = namespacesOf(this.#workloads).map((name) => this.#podsOf(name));
    return [...operator, ...(await Promise.all(places)).flat()];
  }

  /** Deployments first: the pods of all services together would not fit, and a function goes when its workload serves. */
  async remove(): Promise<void> {
    try {
      for (const { namespace, name } of this.#workloads)
        await this.#kubectl.run(["delete", "deployment", name, "-n", namespace, "--ignore-not-found"]);
      for (const remove of this.#removals) await remove();
    } finally {
      await this.#api.close();
    }
  }

  #podsOf(namespace: string): Promise<Pod[]> {
    return this.#kubectl.list<Pod>(namespace, "pods", "app.kubernetes.io/managed-by=ebb");
  }
}

function namespacesOf(workloads: readonly Workload[]): string[] {
  return [...new Set(workloads.map(({ namespace }) => namespace))];
}

function isOffloaded(fn: EdgeFunction | undefined): boolean {
  return (fn?.status?.conditions ?? []).some(({ type, status }) => type === "Offloaded" && status === "True");
}
