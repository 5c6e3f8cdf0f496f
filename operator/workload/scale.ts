/** A Deployment's replica count: reading, writing, and who wrote it. */
import { fieldManager } from "../api/v1alpha1/names.ts";
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

/**
 * The field manager that owns spec.replicas, such as `kubectl` or `argocd-controller`, the latest when several do.
 * Undefined when the API server does not say: it keeps no owner of a write to the scale subresource that leaves zero.
 */
export function replicasManager(deployment: Deployment): string | undefined {
  const owners = (deployment.metadata.managedFields ?? []).filter(
    (entry) => entry.manager !== fieldManager && hasField(entry.fieldsV1, "f:spec", "f:replicas"),
  );
  // An entry of the scale subresource has no time, and its writes take the field from the others.
  const scaled = owners.find((entry) => entry.subresource === "scale");
  const latest = owners.toSorted((left, right) => (right.time ?? "").localeCompare(left.time ?? ""))[0];
  return (scaled ?? latest)?.manager;
}

function hasField(fields: Record<string, unknown> | undefined, ...path: readonly string[]): boolean {
  let at: unknown = fields;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !(key in at)) return false;
    at = (at as Record<string, unknown>)[key];
  }
  return true;
}
