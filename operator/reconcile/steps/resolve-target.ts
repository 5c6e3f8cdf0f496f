/** Finds the edge to publish to. */
import type { Context } from "../context.ts";
import { findTarget, type FoundTarget } from "../find-target.ts";
import { Stall } from "../flow.ts";

/** Errors: Stall while there is no such target. */
export function resolveTarget(ctx: Context): FoundTarget {
  const found = findTarget(ctx.fn, ctx.stores);
  if (found !== undefined) return found;
  const { edgeTargetRef: ref } = ctx.fn.spec;
  const message =
    ref === undefined
      ? `Neither an EdgeTarget "default" in namespace "${ctx.identity.namespace}" nor a ClusterEdgeTarget "default" exists. Create one, or name another in spec.edgeTargetRef.`
      : `spec.edgeTargetRef names ${ref.kind} "${ref.name}", which does not exist. Create it, or name another.`;
  ctx.status.setCondition("Eligible", "False", "EdgeTargetNotFound", message);
  throw new Stall("EdgeTargetNotFound", message);
}
