/** Scales the workload to zero once the edge has all its traffic, and never fights with another writer of its scale. */
import { parseDuration } from "../../api/duration.ts";
import type { OffloadedReason } from "../../api/v1alpha1/conditions.ts";
import { type Deployment, deployments } from "../../kube/objects.ts";
import { readAnnotation, sameScale, type SavedScale } from "../../workload/saved-scale.ts";
import { replicasOf, scaleTo } from "../../workload/scale.ts";
import { isAway } from "../away.ts";
import type { Context } from "../context.ts";
import { checkpoint, pollMs, Wait } from "../flow.ts";
import { type ScalePace, stepInterval, stepSize } from "../scale-pace.ts";
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
    if (!isAway(ctx.status)) throw nextStep(ctx, deployment, saved);
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
  ctx.status.set("scalingDown", undefined);
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
  if (isAtStep(ctx, live)) {
    waitForPace(ctx, pace, live, saved);
    throw nextStep(ctx, live, saved);
  }
  if (reason !== "ScalingDown") await yieldToOthers(ctx, live);
  else if (replicasOf(live) !== stepOf(ctx)?.from) {
    if (stepOf(ctx)?.from === saved.replicas) throw recordAnew(ctx);
    await yieldToOthers(ctx, live);
  }
  if (!sameScale(readAnnotation(live), saved))
    throw checkpoint("SavingScale", "The Deployment's copy of its replicas has changed.");
  pace.step(ctx.identity.uid);
  // Who scaled it up is corrected once and at once: an autoscaler rests at zero and nowhere else.
  await scaleTo(ctx.client, live, isBeforeStep(ctx, live) ? (stepOf(ctx)?.to ?? 0) : 0);
}

type Step = NonNullable<Context["status"]["fields"]["scalingDown"]>;

/** The step that was announced last; the count that it begins with, and the one to which it leads. */
function stepOf(ctx: Context): Step | undefined {
  return ctx.status.fields.scalingDown;
}

/** The step has been made, and nothing has scaled the Deployment since. */
function isAtStep(ctx: Context, live: Deployment): boolean {
  const { reason } = ctx.status.condition("Offloaded") ?? {};
  return (reason === "ScalingDown" || reason === "PodsTerminating") && replicasOf(live) === stepOf(ctx)?.to;
}

/** The step has not been made. */
function isBeforeStep(ctx: Context, live: Deployment): boolean {
  const { reason } = ctx.status.condition("Offloaded") ?? {};
  return reason === "ScalingDown" && replicasOf(live) === stepOf(ctx)?.from;
}

/** Tells how far it is. Errors: Wait, until the next step may come. */
function waitForPace(ctx: Context, pace: ScalePace, live: Deployment, saved: SavedScale): void {
  const message = `${replicasOf(live)} of ${saved.replicas} replicas are left; they end abruptly, so some go every ${stepInterval}.`;
  ctx.status.setCondition("Offloaded", "False", "PodsTerminating", message);
  const left = pace.left(ctx.identity.uid);
  if (left > 0) throw new Wait("PodsTerminating", message, left);
}

/** The step is in status before the Deployment is scaled, so that any other count is known for somebody else's. */
function nextStep(ctx: Context, deployment: Deployment, saved: SavedScale): Error {
  const replicas = replicasOf(deployment);
  const step = stepOf(ctx);
  const from = replicas === step?.from || replicas === step?.to ? replicas : saved.replicas;
  const to = Math.max(0, from - stepSize(ctx, saved.replicas));
  ctx.status.set("scalingDown", { from, to });
  return announce(ctx, "ScalingDown", goingDown(ctx, saved));
}

function recordAnew(ctx: Context): Error {
  ctx.status.set("scalingDown", undefined);
  return announce(ctx, "SavingScale", "The Deployment was scaled meanwhile; its replicas are recorded anew.");
}

function goingDown(ctx: Context, { replicas }: SavedScale): string {
  const to = stepOf(ctx)?.to ?? 0;
  return `The Deployment goes from ${replicas} replicas to ${to === 0 ? "zero" : `${to}, on its way to zero`}.`;
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
