/** Keeps the status of EdgeTargets and ClusterEdgeTargets: whether they can be used, and by how many functions. */
import type { EdgeFunction, EdgeTarget } from "../kube/edge-objects.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import type { Resource } from "../kube/resource.ts";
import type { Store } from "../kube/store.ts";

export interface TargetStatusDeps {
  readonly client: KubeClient;
  readonly edgeFunctions: Store<EdgeFunction>;
  readonly now: () => number;
}

/** Writes target's status when it differs; a workerd pool needs no credentials, so it is ready as soon as it is named. */
export async function updateTargetStatus(
  deps: TargetStatusDeps,
  resource: Resource<EdgeTarget>,
  target: EdgeTarget,
): Promise<void> {
  const { name, namespace, generation = 0, resourceVersion } = target.metadata;
  const title = `${resource.kind}/${name}`;
  const functions = deps.edgeFunctions
    .list(namespace)
    .filter((fn) => fn.status?.edge?.target === title).length;
  const ready = target.status?.conditions?.find(({ type }) => type === "Ready");
  if (
    target.status?.functions === functions &&
    target.status.observedGeneration === generation &&
    ready !== undefined
  )
    return;
  const condition = {
    type: "Ready",
    status: "True",
    reason: "Available",
    message: "Functions can be published to a workerd pool in each of their namespaces.",
    observedGeneration: generation,
    lastTransitionTime: ready?.lastTransitionTime ?? new Date(deps.now()).toISOString(),
  };
  const ref = namespace === undefined ? { name } : { namespace, name };
  const status = { observedGeneration: generation, functions, conditions: [condition] };
  await deps.client.merge(resource, ref, { metadata: { resourceVersion }, status }, "status");
}
