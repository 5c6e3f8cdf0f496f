/** The Node object, and the Lease by which it stays alive. */
import type { KubeClient } from "../../operator/kube/kube-client.ts";
import { leases } from "../../operator/kube/lease-objects.ts";
import type { KubeObject, Resource } from "../../operator/kube/resource.ts";

export const nodeName = "hollow";

interface Node extends KubeObject {
  readonly status?: unknown;
}

const nodes: Resource<Node> = { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false };
const leaseNamespace = "kube-node-lease";
const renewMs = 10_000;

export class HollowNode {
  readonly #client: KubeClient;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** Returns when pods can be scheduled to it. */
  async join(): Promise<void> {
    await this.leave();
    await this.#client.create(nodes, {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name: nodeName,
        labels: { "kubernetes.io/hostname": nodeName, "kubernetes.io/os": "linux" },
      },
    });
    await this.#client.create(leases, this.#lease());
    await this.#client.merge(nodes, { name: nodeName }, { status: statusNow() }, "status");
    this.#timer = setInterval(() => void this.#renew(), renewMs);
  }

  async leave(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.delete(nodes, { name: nodeName });
    await this.#client.delete(leases, { namespace: leaseNamespace, name: nodeName });
  }

  async #renew(): Promise<void> {
    const { spec } = this.#lease();
    await this.#client.merge(leases, { namespace: leaseNamespace, name: nodeName }, { spec });
  }

  #lease() {
    const renewTime = new Date().toISOString().replace("Z", "000Z");
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: nodeName, namespace: leaseNamespace },
      spec: { holderIdentity: nodeName, leaseDurationSeconds: 40, renewTime },
    };
  }
}

function statusNow() {
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const room = { cpu: "10000", memory: "10Ti", pods: "60000" };
  const ready = { type: "Ready", status: "True", reason: "Hollow", message: "It runs nothing." };
  const conditions = [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }];
  return { capacity: room, allocatable: room, conditions };
}
