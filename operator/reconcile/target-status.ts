/** Keeps the status of EdgeTargets and ClusterEdgeTargets: whether they can be used, and by how many functions. */
import type { Clock } from "../api/clock.ts";
import { done } from "../api/outcome.ts";
import { clusterEdgeTargets, type EdgeFunction, type EdgeTarget, edgeTargets } from "../kube/edge-objects.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import type { Resource } from "../kube/resource.ts";
import type { Store } from "../kube/store.ts";
import type { TargetStores } from "./find-target.ts";
import { type HostedEdges, hostedTarget } from "./hosted-target.ts";

export interface TargetStatusDeps {
  readonly client: KubeClient;
  readonly stores: TargetStores & { readonly edgeFunctions: Store<EdgeFunction> };
  readonly clock: Clock;
  readonly hosted: HostedEdges;
  /** Where the Secrets of ClusterEdgeTargets are. */
  readonly operatorNamespace: string;
}

/** key is `namespace/name` of an EdgeTarget or `name` of a ClusterEdgeTarget. Returns as updateTargetStatus. */
export async function reconcileTarget(deps: TargetStatusDeps, key: string): Promise<number | undefined> {
  const [first = "", second] = key.split("/");
  const { edgeTargets: namespaced, clusterEdgeTargets: cluster } = deps.stores;
  const target = second === undefined ? cluster.get(undefined, first) : namespaced.get(first, second);
  if (target === undefined) return undefined;
  return await updateTargetStatus(deps, second === undefined ? clusterEdgeTargets : edgeTargets, target);
}

/** Milliseconds until a target that was found in order is looked at again. */
const checkAgainMs = 600_000;

const available = "Functions can be published to a workerd pool in each of their namespaces.";

/**
 * Writes target's status when it differs. A workerd pool needs no credentials, so it is ready as soon as it is named; of
 * another edge they are checked. Returns the milliseconds until the next look; undefined when events tell all.
 */
async function updateTargetStatus(
  deps: TargetStatusDeps,
  resource: Resource<EdgeTarget>,
  target: EdgeTarget,
): Promise<number | undefined> {
  const { name, namespace, generation = 0, resourceVersion } = target.metadata;
  const title = `${resource.kind}/${name}`;
  const functions = deps.stores.edgeFunctions
    .list(namespace)
    .filter((fn) => fn.status?.edge?.target === title).length;
  const hosted = hostedTarget(deps.hosted, target, deps.operatorNamespace);
  const outcome = (await hosted?.check()) ?? done;
  const found = outcome.done
    ? { status: "True" as const, reason: "Available", message: hosted?.available ?? available }
    : { status: "False" as const, reason: outcome.reason, message: outcome.message };
  const next =
    hosted === undefined ? undefined : ((outcome.done ? undefined : outcome.after) ?? checkAgainMs);
  const ready = target.status?.conditions?.find(({ type }) => type === "Ready");
  const isWritten =
    target.status?.functions === functions &&
    target.status.observedGeneration === generation &&
    ready?.status === found.status &&
    ready.reason === found.reason &&
    ready.message === found.message;
  if (isWritten) return next;
  const isSame = ready?.status === found.status;
  const condition = {
    type: "Ready",
    ...found,
    observedGeneration: generation,
    lastTransitionTime:
      (isSame ? ready.lastTransitionTime : undefined) ?? new Date(deps.clock.now()).toISOString(),
  };
  const ref = namespace === undefined ? { name } : { namespace, name };
  const status = { observedGeneration: generation, functions, conditions: [condition] };
  await deps.client.merge(resource, ref, { metadata: { resourceVersion }, status }, "status");
  return next;
}
