/** Takes the function off the edge; the next effect comes after a pass that has seen it gone. */
import type { Context } from "../context.ts";
import { checkpoint, unfinished } from "../flow.ts";

export async function retire(ctx: Context): Promise<void> {
  const outcome = await ctx.provider.retire(ctx.identity);
  if (!outcome.done) throw unfinished(outcome);
  if (ctx.status.condition("Published")?.reason === "NotPublished") return;
  ctx.status.set("edge", undefined);
  ctx.status.setCondition("Published", "False", "NotPublished", "The function is off the edge.");
  ctx.status.setCondition("EdgeHealthy", "Unknown", "NotPublished", "The function is off the edge.");
  throw checkpoint("Retiring", "The function is off the edge.");
}
