/** Decides what to do when something else has scaled the workload up while it is away: correct once, then yield. */
import { edgeFunctions } from "../../kube/edge-objects.ts";
import type { Deployment } from "../../kube/objects.ts";
import { setAnnotation } from "../../kube/patches.ts";
import { replicasManager, replicasOf } from "../../workload/scale.ts";
import type { Context } from "../context.ts";
import { checkpoint, Stall } from "../flow.ts";

/** On the EdgeFunction: the last foreign write of the scale that Ebb has seen, a ForeignWrite as JSON. */
const foreignWriteAnnotation = "ebb.dev/foreign-scale";

interface ForeignWrite {
  /** Field manager; empty when the API server did not say. */
  readonly manager: string;
  /** metadata.generation of the Deployment with that write. */
  readonly generation: number;
  /** When Ebb saw it, RFC 3339. */
  readonly time: string;
  /** Whether Ebb corrects it, or leaves it because the manager had written shortly before. */
  readonly isCorrected: boolean;
}

const fightWindowMs = 3_600_000;

/**
 * Returns when this write may be corrected. Errors: Stall, and Contended is True, when the manager wrote again within
 * an hour; an hour without a further write lets Ebb correct again.
 */
export async function yieldToOthers(ctx: Context, live: Deployment): Promise<void> {
  const manager = replicasManager(live) ?? "";
  const generation = live.metadata.generation ?? 0;
  const former = readForeignWrite(ctx);
  const isRecent = former !== undefined && ctx.clock.now() - Date.parse(former.time) < fightWindowMs;
  if (former?.manager === manager && former.generation === generation) {
    if (former.isCorrected) return;
    if (isRecent) throw contended(ctx, live, manager);
  }
  const isCorrected = !(isRecent && former.manager === manager && former.generation !== generation);
  const seen: ForeignWrite = {
    manager,
    generation,
    time: new Date(ctx.clock.now()).toISOString(),
    isCorrected,
  };
  const patch = setAnnotation(ctx.fn, foreignWriteAnnotation, JSON.stringify(seen));
  ctx.wrote(await ctx.client.patch(edgeFunctions, ctx.identity, patch));
  if (!isCorrected) throw contended(ctx, live, manager);
  const message = `${nameOf(manager)} scaled the Deployment to ${replicasOf(live)} while it is away; Ebb scales it down once.`;
  ctx.status.dropCondition("Contended");
  ctx.status.setCondition("Offloaded", "False", "ScaledUpByOther", message);
  throw checkpoint("ScaledUpByOther", message);
}

function contended(ctx: Context, live: Deployment, manager: string): Stall {
  const who = nameOf(manager);
  const message = `${who} scaled the Deployment to ${replicasOf(live)} again within an hour, so Ebb leaves it. Stop it from writing spec.replicas and scale the Deployment to 0, or set spec.placement to Cluster.`;
  ctx.status.setCondition("Contended", "True", "ScaledByOthers", message);
  ctx.status.setCondition("Offloaded", "False", "Contended", message);
  return new Stall("Contended", message);
}

function nameOf(manager: string): string {
  return manager === "" ? "Something (the API server does not say what)" : `"${manager}"`;
}

function readForeignWrite(ctx: Context): ForeignWrite | undefined {
  const text = ctx.fn.metadata.annotations?.[foreignWriteAnnotation];
  if (text === undefined) return undefined;
  try {
    const { manager, generation, time, isCorrected } = JSON.parse(text) as Partial<ForeignWrite>;
    if (typeof manager !== "string" || typeof generation !== "number" || typeof time !== "string")
      return undefined;
    return { manager, generation, time, isCorrected: isCorrected === true };
  } catch {
    return undefined;
  }
}
