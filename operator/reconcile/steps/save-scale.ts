/** Records the replica count in two places before it may change, and keeps the two alike while the workload is away. */
import { savedScaleAnnotation } from "../../api/v1alpha1/names.ts";
import type { Deployment } from "../../kube/objects.ts";
import {
  dropAnnotation,
  mergeSavedScale,
  sameScale,
  type SavedScale,
  writeAnnotation,
} from "../../workload/saved-scale.ts";
import { replicasOf } from "../../workload/scale.ts";
import { isAway } from "../away.ts";
import type { Context } from "../context.ts";
import { checkpoint } from "../flow.ts";
import { secondCopy } from "./recover-scale.ts";

export async function saveScale(ctx: Context, deployment: Deployment): Promise<SavedScale> {
  const inStatus = ctx.fn.status?.savedScale;
  const onDeployment = secondCopy(ctx, deployment);
  const saved = mergeSavedScale(inStatus, onDeployment);
  if (saved === undefined)
    throw record(ctx, {
      replicas: replicasOf(deployment),
      recordTime: new Date(ctx.clock.now()).toISOString(),
      deploymentUID: deployment.metadata.uid ?? "",
    });
  if (isOutdated(ctx, saved, deployment)) return forget(ctx, deployment);
  await tellOfDifference(ctx, inStatus, onDeployment);
  if (!sameScale(inStatus, saved)) throw record(ctx, saved);
  if (!sameScale(onDeployment, saved)) {
    ctx.stores.deployments.observe(await writeAnnotation(ctx.client, deployment, saved));
    throw checkpoint("SavingScale", recording(saved));
  }
  return saved;
}

/** The same for both copies: that the second is there needs no write of its own. */
function recording({ replicas }: SavedScale): string {
  return `${replicas} replicas are being recorded, in status and on the Deployment.`;
}

function record(ctx: Context, saved: SavedScale): Error {
  ctx.status.set("savedScale", saved);
  const message = recording(saved);
  if (!isAway(ctx.status)) ctx.status.setCondition("Offloaded", "False", "SavingScale", message);
  return checkpoint("SavingScale", message);
}

/** A count that the workload no longer had when it was to go away, or that another Deployment of the name had. */
function isOutdated(ctx: Context, saved: SavedScale, deployment: Deployment): boolean {
  if (saved.deploymentUID !== deployment.metadata.uid) return true;
  const replicas = replicasOf(deployment);
  // On its way down it had fewer, by Ebb's hand.
  const { from, to } = ctx.status.fields.scalingDown ?? {};
  return !isAway(ctx.status) && ![0, saved.replicas, from, to].includes(replicas);
}

/** Drops both copies; the next pass records anew. */
async function forget(ctx: Context, deployment: Deployment): Promise<never> {
  if (deployment.metadata.annotations?.[savedScaleAnnotation] !== undefined)
    ctx.stores.deployments.observe(await dropAnnotation(ctx.client, deployment));
  ctx.status.set("savedScale", undefined);
  ctx.status.set("scalingDown", undefined);
  ctx.status.setCondition(
    "Offloaded",
    "False",
    "SavingScale",
    "The Deployment has changed; its replicas are recorded anew.",
  );
  throw checkpoint("SavingScale", "The Deployment has changed; its replicas are recorded anew.");
}

async function tellOfDifference(
  ctx: Context,
  inStatus: SavedScale | undefined,
  onDeployment: SavedScale | undefined,
): Promise<void> {
  if (inStatus === undefined || onDeployment === undefined || inStatus.replicas === onDeployment.replicas)
    return;
  await ctx.tell({
    type: "Warning",
    reason: "SavedScaleDiffers",
    note: `status.savedScale says ${inStatus.replicas} replicas, the Deployment's annotation ${onDeployment.replicas}; the higher count is kept.`,
  });
}
