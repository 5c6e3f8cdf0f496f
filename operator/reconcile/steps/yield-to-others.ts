/** Decides what to do when something else has scaled the workload up while it is away: correct once, then yield. */
import { edgeFunctions } from "../../kube/edge-objects.ts";
import type { Deployment } from "../../kube/objects.ts";
import { setAnnotation } from "../../kube/patches.ts";
import { replicasManager, replicasOf } from "../../workload/scale.ts";
import type { Context } from "../context.ts";
import { checkpoint, Stall } from "../flow.ts";

/** On the EdgeFunction: the last foreign write of the scale that Ebb corrected, a Correction as JSON. */
const correctionAnnotation = "ebb.dev/corrected-scale";

interface Correction {
  /** Field manager; empty when the API server did not say. */
  readonly manager: string;
  /** metadata.generation of the Deployment with that write. */
  readonly generation: number;
  /** When Ebb saw it, RFC 3339. */
  readonly time: string;
}

const fightWindowMs = 3_600_000;

/** Returns when this write may be corrected. Errors: Stall, and Contended is True, when the same manager wrote again. */
export async function yieldToOthers(ctx: Context, live: Deployment): Promise<void> {
  const manager = replicasManager(live) ?? "";
  const generation = live.metadata.generation ?? 0;
  const former = readCorrection(ctx);
  if (former?.manager === manager) {
    if (former.generation === generation) return;
    const isRecent = ctx.clock.now() - Date.parse(former.time) < fightWindowMs;
    if (isRecent || ctx.status.isTrue("Contended")) throw contended(ctx, live, manager);
  }
  const correction: Correction = { manager, generation, time: new Date(ctx.clock.now()).toISOString() };
  const patch = setAnnotation(ctx.fn, correctionAnnotation, JSON.stringify(correction));
  ctx.stores.edgeFunctions.observe(await ctx.client.patch(edgeFunctions, ctx.identity, patch));
  const message = `${nameOf(manager)} scaled the Deployment to ${replicasOf(live)} while it is away; Ebb scales it down once.`;
  ctx.status.setCondition("Offloaded", "False", "ScaledUpByOther", message);
  throw checkpoint("ScaledUpByOther", message);
}

function contended(ctx: Context, live: Deployment, manager: string): Stall {
  const who = nameOf(manager);
  const message = `${who} scaled the Deployment to ${replicasOf(live)} again within an hour, so Ebb leaves it: stop it from writing spec.replicas, or set spec.placement to Cluster.`;
  ctx.status.setCondition("Contended", "True", "ScaledByOthers", message);
  ctx.status.setCondition("Offloaded", "False", "Contended", message);
  return new Stall("Contended", message);
}

function nameOf(manager: string): string {
  return manager === "" ? "Something (the API server does not say what)" : `"${manager}"`;
}

function readCorrection(ctx: Context): Correction | undefined {
  const text = ctx.fn.metadata.annotations?.[correctionAnnotation];
  if (text === undefined) return undefined;
  try {
    const { manager, generation, time } = JSON.parse(text) as Partial<Correction>;
    if (typeof manager !== "string" || typeof generation !== "number" || typeof time !== "string")
      return undefined;
    return { manager, generation, time };
  } catch {
    return undefined;
  }
}
