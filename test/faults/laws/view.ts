/** What the laws look at. */
import { finalizer, functionKey, labels, managedByEbb } from "../../../operator/api/v1alpha1/names.ts";
import { type EdgeFunction, edgeFunctions } from "../../../operator/kube/edge-objects.ts";
import { type Deployment, deployments, type Pod, pods } from "../../../operator/kube/objects.ts";
import type { KubeObject } from "../../../operator/kube/resource.ts";
import type { FakeApiServer } from "../../kit/fake-apiserver/fake-api-server.ts";
import type { FakeConfig } from "../../kit/fake-gateway-config.ts";
import type { EbbProcesses } from "../../kit/fake-cluster/ebb-programs.ts";
import { isReady } from "../../kit/fake-cluster/pods.ts";

export interface ViewOptions {
  readonly server: FakeApiServer;
  readonly ebb: EbbProcesses;
  readonly namespace: string;
  /** Name of the Deployment, its Service and its EdgeFunction. */
  readonly workload: string;
  /** Replicas that the workload has without Ebb. */
  readonly replicas: number;
  /** Whether the function at a host outside of the cluster answers. */
  readonly answersOutside?: (host: string) => boolean;
}

export class View {
  readonly server: FakeApiServer;
  readonly ebb: EbbProcesses;
  readonly namespace: string;
  readonly workload: string;
  readonly answersOutside: (host: string) => boolean;
  /** Replicas that the workload's owner asked for last. */
  replicas: number;

  constructor(options: ViewOptions) {
    this.server = options.server;
    this.ebb = options.ebb;
    this.namespace = options.namespace;
    this.workload = options.workload;
    this.replicas = options.replicas;
    this.answersOutside = options.answersOutside ?? (() => false);
  }

  deployment(): Deployment | undefined {
    return this.server.read(deployments, { namespace: this.namespace, name: this.workload });
  }

  /** The function that has the workload: the oldest that is being moved; any while none is. */
  edgeFunction(): EdgeFunction | undefined {
    const all = this.server
      .readAll(edgeFunctions, this.namespace)
      .filter((fn) => fn.spec.workloadRef.name === this.workload);
    return all.find(({ metadata }) => metadata.finalizers?.includes(finalizer) === true) ?? all[0];
  }

  /** Key of that function; empty when there is none. */
  get key(): string {
    const uid = this.edgeFunction()?.metadata.uid;
    return uid === undefined ? "" : functionKey(uid);
  }

  /** Whether the workload runs fewer replicas than its owner asked for. */
  isAway(): boolean {
    const deployment = this.deployment();
    return deployment !== undefined && (deployment.spec.replicas ?? 1) < this.replicas;
  }

  /** Ready pods of the gateway: those that callers are sent to. */
  readyGateways(): Pod[] {
    return this.server
      .readAll(pods, this.namespace)
      .filter((pod) => pod.metadata.labels?.[labels.component] === "gateway" && isReady(pod));
  }

  /** Percent of a gateway's requests that go to the edge first, as it has loaded its configuration; undefined for none. */
  edgeShare({ metadata }: Pod): number | undefined {
    const config = this.ebb.loaded.get(metadata.uid ?? "");
    return config && edgeShareOf(config, this.key);
  }
}

/** Percent of a function's requests that a configuration sends to the edge first; undefined when it has no routes. */
export function edgeShareOf({ routes, clusters }: FakeConfig, key: string): number | undefined {
  const toEdge = routes.get(key)?.weights.filter(({ name }) => clusters.get(name)?.order?.[0] !== "origin");
  return toEdge?.reduce((sum, { weight }) => sum + weight, 0);
}

export function isEbbs({ metadata }: KubeObject): boolean {
  return metadata.labels?.[labels.managedBy] === managedByEbb;
}
