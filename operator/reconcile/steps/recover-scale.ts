/** Brings the saved scale back into a status that was lost as a whole, before anything else is written to it. */
import type { Deployment } from "../../kube/objects.ts";
import { readAnnotation, type SavedScale } from "../../workload/saved-scale.ts";
import { replicasOf } from "../../workload/scale.ts";
import type { Context } from "../context.ts";
import { checkpoint } from "../flow.ts";

export async function recoverScale(ctx: Context): Promise<void> {
  const { status, spec } = ctx.fn;
  if ((status?.conditions ?? []).length > 0 || status?.savedScale !== undefined) return;
  const deployment = ctx.stores.deployments.get(ctx.identity.namespace, spec.workloadRef.name);
  const saved = deployment === undefined ? undefined : readAnnotation(deployment);
  if (saved === undefined) return;
  ctx.status.set("savedScale", saved);
  // Sent to the edge and fewer than saved: it was on its way down, and not scaled by its owner.
  const replicas = deployment === undefined ? saved.replicas : replicasOf(deployment);
  const { weight } = await ctx.traffic.observe(ctx.identity, "");
  if (weight === 100 && replicas < saved.replicas)
    ctx.status.set("scalingDown", { from: replicas, to: replicas });
  throw checkpoint("SavingScale", `${saved.replicas} replicas are known from the Deployment's annotation.`);
}

/**
 * The copy on the Deployment, beside one in status. The status has the scale first and loses it last, so that an
 * annotation alone is a left-over: Kubernetes copies a Deployment's annotations to its ReplicaSets, and a rollback
 * copies them back.
 */
export function secondCopy({ fn }: Context, deployment: Deployment): SavedScale | undefined {
  return fn.status?.savedScale === undefined ? undefined : readAnnotation(deployment);
}
