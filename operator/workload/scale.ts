/** A Deployment's replica count: reading, writing, and who wrote it. */
import type { KubeClient } from "../kube/kube-client.ts";
import { type Deployment, deployments } from "../kube/objects.ts";

/** An absent count means one, as the API server defaults it. */
export function replicasOf(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1;
}

/** Sets the count through the scale subresource; refused with 409 when the Deployment has changed since it was read. */
export async function scaleTo(client: KubeClient, deployment: Deployment, replicas: number): Promise<void> {
  const { name, namespace = "", resourceVersion } = deployment.metadata;
  await client.merge(
    deployments,
    { namespace, name },
    { metadata: { resourceVersion }, spec: { replicas } },
    "scale",
  );
}

/** Every wanted replica is of the newest template and ready. */
export function isReady(deployment: Deployment, replicas: number): boolean {
  const { status, metadata } = deployment;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  return (status?.readyReplicas ?? 0) >= replicas;
}

export interface ReplicasWriter {
  /** Field manager, such as `kubectl` or `argocd-controller`. */
  readonly manager: string;
  /** RFC 3339; empty when the API server did not say. */
  readonly time: string;
}

/** Who owns spec.replicas, by managedFields; the latest when several do. */
export function replicasWriter(deployment: Deployment): ReplicasWriter | undefined {
  const owners = (deployment.metadata.managedFields ?? [])
    .filter((entry) => hasField(entry.fieldsV1, "f:spec", "f:replicas"))
    .map((entry) => ({ manager: entry.manager ?? "unknown", time: entry.time ?? "" }));
  return owners.toSorted((left, right) => right.time.localeCompare(left.time))[0];
}

function hasField(fields: Record<string, unknown> | undefined, ...path: readonly string[]): boolean {
  let at: unknown = fields;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !(key in at)) return false;
    at = (at as Record<string, unknown>)[key];
  }
  return true;
}
