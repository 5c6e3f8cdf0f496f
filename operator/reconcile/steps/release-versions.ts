/** Lets the edge free the versions that no gateway routes to any more. */
import type { Context } from "../context.ts";
import { unfinished } from "../flow.ts";

export async function releaseVersions(ctx: Context, version: string): Promise<void> {
  const outcome = await ctx.provider.keepOnly(ctx.identity, version);
  if (!outcome.done) throw unfinished(outcome);
}
