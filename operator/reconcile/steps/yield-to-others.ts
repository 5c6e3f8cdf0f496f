/** Decides what to do when something else has scaled the workload up while it is away: correct once, then yield. */
import { edgeFunctions } from "../../kube/edge-objects.ts";
import type { Deployment } from "../../kube/objects.ts";
import { setAnnotation } from "../../kube/patches.ts";
import { type ReplicasWriter, replicasOf, replicasWriter } from "../../workload/scale.ts";
import type { Context } from "../context.ts";
import { checkpoint, Stall } from "../flow.ts";

/** On the EdgeFunction: the last foreign write of the scale that Ebb corrected, a ReplicasWriter as JSON. */
const correctionAnnotation = "ebb.dev/corrected-scale";

const fightWindowMs = 3_600_000;

/** Returns when this write may be corrected. Errors: Stall, and Contended is True, when the same manager wrote again. */
export async function yieldToOthers(ctx: Context, live: Deployment): Promise<void> {
  const writer = replicasWriter(live) ?? { manager: "unknown", time: "" };
  const former = readCorrection(ctx);
  if (former !== undefined && former.manager === writer.manager) {
    if (former.time === writer.time) return;
    if (isRecent(ctx, former) || ctx.status.isTrue("Contended")) throw contended(ctx, live, writer);
  }
  const patched = await ctx.client.patch(
    edgeFunctions,
    ctx.identity,
    setAnnotation(ctx.fn, correctionAnnotation, JSON.stringify(writer)),
  );
  ctx.stores.edgeFunctions.observe(patched);
  const message = `"${writer.manager}" scaled the Deployment to ${replicasOf(live)} while it is away; Ebb scales it down once.`;
  ctx.status.setCondition("Offloaded", "False", "ScaledUpByOther", message);
  throw checkpoint("ScaledUpByOther", message);
}

function contended(ctx: Context, live: Deployment, writer: ReplicasWriter): Stall {
  const message = `"${writer.manager}" scaled the Deployment to ${replicasOf(live)} again within an hour. Ebb leaves it so: stop "${writer.manager}" from writing spec.replicas, or set spec.placement to Cluster.`;
  ctx.status.setCondition("Contended", "True", "ScaledByOthers", message);
  ctx.status.setCondition("Offloaded", "False", "Contended", message);
  return new Stall("Contended", message);
}

function isRecent(ctx: Context, former: ReplicasWriter): boolean {
  return ctx.clock.now() - Date.parse(former.time) < fightWindowMs;
}

function readCorrection(ctx: Context): ReplicasWriter | undefined {
  const text = ctx.fn.metadata.annotations?.[correctionAnnotation];
  if (text === undefined) return undefined;
  try {
    const { manager, time } = JSON.parse(text) as Partial<ReplicasWriter>;
    return typeof manager === "string" && typeof time === "string" ? { manager, time } : undefined;
  } catch {
    return undefined;
  }
}
