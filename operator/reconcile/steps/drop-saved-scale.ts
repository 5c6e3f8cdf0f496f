/** Forgets the saved scale once the workload serves: first on the Deployment, then in status. */
import type { Deployment } from "../../kube/objects.ts";
import { savedScaleAnnotation } from "../../api/v1alpha1/names.ts";
import { dropAnnotation } from "../../workload/saved-scale.ts";
import type { Context } from "../context.ts";
import { checkpoint } from "../flow.ts";

export async function dropSavedScale(ctx: Context, deployment: Deployment | undefined): Promise<void> {
  if (deployment?.metadata.annotations?.[savedScaleAnnotation] !== undefined) {
    ctx.stores.deployments.observe(await dropAnnotation(ctx.client, deployment));
    throw checkpoint("Restored", "The Deployment has its replicas back; its annotation is removed.");
  }
  if (ctx.status.fields.savedScale === undefined) return;
  ctx.status.set("savedScale", undefined);
  ctx.status.set("scalingDown", undefined);
  ctx.status.setCondition("Offloaded", "False", "InCluster", "The workload serves.");
  throw checkpoint("Restored", "The Deployment is as it was before.");
}
