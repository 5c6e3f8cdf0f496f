/** Scales the workload to zero once the edge has all its traffic, and never fights with another writer of its scale. */
import { parseDuration } from "../../api/duration.ts";
import type { OffloadedReason } from "../../api/v1alpha1/conditions.ts";
import { type Deployment, deployments } from "../../kube/objects.ts";
import { readAnnotation, sameScale, type SavedScale } from "../../workload/saved-scale.ts";
import { isScaledByEbb, replicasOf, scaleTo } from "../../workload/scale.ts";
import { isAway } from "../away.ts";
import type { Context } from "../context.ts";
import { checkpoint, pollMs, Wait } from "../flow.ts";
import { type ScalePace, stepInterval, stepOf } from "../scale-pace.ts";
import { yieldToOthers } from "./yield-to-others.ts";

/** Requires: both copies of saved are stored, and this pass has seen every gateway pod confirm 100 %. */
export async function scaleDown(
  ctx: Context,
  pace: ScalePace,
  deployment: Deployment,
  saved: SavedScale,
): Promise<void> {
  if (replicasOf(deployment) > 0) {
    await waitForDrain(ctx);
    const live = await ctx.client.get(deployments, {
      namespace: ctx.identity.namespace,
      name: deployment.metadata.name,
    });
    ctx.stores.deployments.observe(live);
    if (replicasOf(live) > 0) await scaleDownLive(ctx, pace, live, saved);
    // As announced: this pass has nothing new to write.
    throw new Wait("ScalingDown", goingDown(ctx, saved), pollMs);
  }
  pace.forget(ctx.identity.uid);
  ctx.status.dropCondition("Contended");
  const { status, metadata } = deployment;
  const left = status?.replicas ?? 0;
  if (left > 0 || (status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    const message = `${left} pods of the Deployment are left.`;
    ctx.status.setCondition("Offloaded", "False", "PodsTerminating", message);
    throw new Wait("PodsTerminating", message, pollMs);
  }
  ctx.status.setCondition(
    "Offloaded",
    "True",
    "ScaledToZero",
    `The edge serves; ${saved.replicas} replicas come back with the workload.`,
  );
}

async function scaleDownLive(
  ctx: Context,
  pace: ScalePace,
  live: Deployment,
  saved: SavedScale,
): Promise<void> {
  const { reason } = ctx.status.condition("Offloaded") ?? {};
  if (!isAway(ctx.status)) throw announce(ctx, "ScalingDown", goingDown(ctx, saved));
  const isOnItsWay = replicasOf(live) < saved.replicas && isScaledByEbb(live);
  if (isOnItsWay) waitForPace(ctx, pace, live, saved);
  else if (reason !== "ScalingDown") await yieldToOthers(ctx, live);
  else if (replicasOf(live) !== saved.replicas)
    throw announce(
      ctx,
      "SavingScale",
      "The Deployment was scaled meanwhile; its replicas are recorded anew.",
    );
  if (!sameScale(readAnnotation(live), saved))
    throw checkpoint("SavingScale", "The Deployment's copy of its replicas has changed.");
  pace.step(ctx.identity.uid);
  // Who scales it up is told once and corrected once: an autoscaler rests at zero and nowhere else.
  const step = reason === "ScaledUpByOther" ? replicasOf(live) : stepOf(ctx, saved.replicas);
  await scaleTo(ctx.client, live, Math.max(0, replicasOf(live) - step));
  if (isOnItsWay) throw new Wait("PodsTerminating", onItsWay(ctx, live, saved), pollMs);
}

/** Tells how far it is. Errors: Wait, until the next step may come. */
function waitForPace(ctx: Context, pace: ScalePace, live: Deployment, saved: SavedScale): void {
  const message = onItsWay(ctx, live, saved);
  ctx.status.setCondition("Offloaded", "False", "PodsTerminating", message);
  const left = pace.left(ctx.identity.uid);
  if (left > 0) throw new Wait("PodsTerminating", message, left);
}

function onItsWay(ctx: Context, live: Deployment, { replicas }: SavedScale): string {
  return `${replicasOf(live)} of ${replicas} replicas are left, ${stepOf(ctx, replicas)} less every ${stepInterval}.`;
}

function goingDown(ctx: Context, { replicas }: SavedScale): string {
  const step = stepOf(ctx, replicas);
  const how = step < replicas ? `, ${step} every ${stepInterval} because they end abruptly` : "";
  return `The Deployment goes from ${replicas} replicas to zero${how}.`;
}

function announce(ctx: Context, reason: OffloadedReason, message: string): Error {
  ctx.status.setCondition("Offloaded", "False", reason, message);
  return checkpoint(reason, message);
}

/** The last change of weight must be as old as the drain period. */
async function waitForDrain(ctx: Context): Promise<void> {
  const shifted = ctx.status.condition("TrafficShifted");
  const since = Date.parse(shifted?.lastTransitionTime ?? "");
  const drainMs = parseDuration(ctx.fn.spec.offload.drainPeriod);
  const left = since + drainMs - ctx.clock.now();
  if (left > 0)
    throw new Wait(
      "Draining",
      `The Deployment is scaled down ${ctx.fn.spec.offload.drainPeriod} after the traffic has moved.`,
      left,
    );
}
