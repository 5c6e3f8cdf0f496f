/** Sees that the edge serves the published version, before traffic goes there and while it does. */
import type { Context } from "../context.ts";
import { Wait } from "../flow.ts";

const probeAgainMs = 2000;

export async function probeEdge(ctx: Context, version: string): Promise<void> {
  const outcome = await ctx.provider.observe(ctx.identity, version);
  if (outcome.done) {
    ctx.status.setCondition("EdgeHealthy", "True", "EdgeServes", `The edge serves version ${version}.`);
    return;
  }
  ctx.status.setCondition("EdgeHealthy", "False", outcome.reason, outcome.message);
  throw new Wait(outcome.reason, outcome.message, probeAgainMs);
}
