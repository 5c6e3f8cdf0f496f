/** Takes the function off the edge; the next effect comes after a pass that has seen it gone. */
import type { Context } from "../context.ts";
import { checkpoint, unfinished } from "../flow.ts";

/** Reasons of an edge that Ebb has no way to any more. */
const outOfReach: ReadonlySet<string> = new Set([
  "CredentialsForbidden",
  "CredentialsNotFound",
  "CredentialsRejected",
  "EdgeTargetChanged",
]);

/** isForced: what cannot be reached is left behind, and its owner told. */
export async function retire(ctx: Context, isForced = false): Promise<void> {
  const outcome = await ctx.provider.retire(ctx.identity);
  if (!outcome.done && isForced && outOfReach.has(outcome.reason)) {
    const note = `The function stays at ${ctx.status.fields.edge?.url}: its namespace is being deleted, and there is no way to it. Remove it there.`;
    ctx.log.warn({ reason: outcome.reason }, note);
    await ctx.tell({ type: "Warning", reason: "FunctionLeftBehind", note, detail: outcome.message });
  } else if (!outcome.done) throw unfinished(outcome);
  if (ctx.status.condition("Published")?.reason === "NotPublished") return;
  ctx.status.set("edge", undefined);
  ctx.status.setCondition("Published", "False", "NotPublished", "The function is off the edge.");
  ctx.status.setCondition("EdgeHealthy", "Unknown", "NotPublished", "The function is off the edge.");
  throw checkpoint("Retiring", "The function is off the edge.");
}
