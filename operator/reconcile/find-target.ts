/** Which EdgeTarget or ClusterEdgeTarget a function is published to. */
import type { EdgeFunction, EdgeTarget } from "../kube/edge-objects.ts";
import type { Store } from "../kube/store.ts";

export interface TargetStores {
  readonly edgeTargets: Store<EdgeTarget>;
  readonly clusterEdgeTargets: Store<EdgeTarget>;
}

export interface FoundTarget {
  /** Kind and name, such as `ClusterEdgeTarget/default`. */
  readonly title: string;
  readonly target: EdgeTarget;
}

/** Without spec.edgeTargetRef: EdgeTarget `default` of the namespace, else ClusterEdgeTarget `default`. */
export function findTarget(fn: EdgeFunction, stores: TargetStores): FoundTarget | undefined {
  const { edgeTargetRef: ref } = fn.spec;
  const name = ref?.name ?? "default";
  const namespaced = stores.edgeTargets.get(fn.metadata.namespace, name);
  if (ref?.kind !== "ClusterEdgeTarget" && namespaced !== undefined)
    return { title: `EdgeTarget/${name}`, target: namespaced };
  if (ref?.kind === "EdgeTarget") return undefined;
  const cluster = stores.clusterEdgeTargets.get(undefined, name);
  return cluster === undefined ? undefined : { title: `ClusterEdgeTarget/${name}`, target: cluster };
}

/** The target that shapes a namespace's one pool: that of its oldest function for a pool. */
export function targetOfNamespace(
  functions: readonly EdgeFunction[],
  stores: TargetStores,
): EdgeTarget | undefined {
  const byAge = functions.toSorted((left, right) =>
    (left.metadata.creationTimestamp ?? "").localeCompare(right.metadata.creationTimestamp ?? ""),
  );
  for (const fn of byAge) {
    const found = findTarget(fn, stores);
    if (found?.target.spec.workerd !== undefined) return found.target;
  }
  return undefined;
}
