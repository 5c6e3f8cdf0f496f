/** Finds the edge to publish to. */
import type { EdgeTarget } from "../../kube/edge-objects.ts";
import type { Context } from "../context.ts";
import { Stall } from "../flow.ts";

export interface ResolvedTarget {
  /** Kind and name, such as `ClusterEdgeTarget/default`. */
  readonly title: string;
  readonly target: EdgeTarget;
}

/** Errors: Stall while there is no such target. */
export function resolveTarget(ctx: Context): ResolvedTarget {
  const { edgeTargetRef: ref } = ctx.fn.spec;
  const { edgeTargets, clusterEdgeTargets } = ctx.stores;
  const { namespace } = ctx.identity;
  const namespaced = { kind: "EdgeTarget", find: (name: string) => edgeTargets.get(namespace, name) };
  const cluster = {
    kind: "ClusterEdgeTarget",
    find: (name: string) => clusterEdgeTargets.get(undefined, name),
  };
  const places =
    ref === undefined ? [namespaced, cluster] : [ref.kind === "EdgeTarget" ? namespaced : cluster];
  const name = ref?.name ?? "default";
  for (const place of places) {
    const target = place.find(name);
    if (target !== undefined) return { title: `${place.kind}/${name}`, target };
  }
  const message =
    ref === undefined
      ? `Neither an EdgeTarget "default" in namespace "${namespace}" nor a ClusterEdgeTarget "default" exists. Create one, or name another in spec.edgeTargetRef.`
      : `spec.edgeTargetRef names ${ref.kind} "${ref.name}", which does not exist. Create it, or name another.`;
  ctx.status.setCondition("Eligible", "False", "EdgeTargetNotFound", message);
  throw new Stall("EdgeTargetNotFound", message);
}
