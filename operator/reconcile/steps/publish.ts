/** Puts the module on the edge and waits until every host of the edge can serve it. */
import type { Artifact } from "../../provider/provider.ts";
import type { Context } from "../context.ts";
import { unfinished } from "../flow.ts";
import { resolveTarget } from "./resolve-target.ts";

/** Returns the published version. Until it is published, the version in status goes on serving. */
export async function publish(ctx: Context, artifact: Artifact): Promise<string> {
  const { title } = resolveTarget(ctx);
  const version = ctx.provider.version(artifact);
  const outcome = await ctx.provider.publish(ctx.identity, artifact);
  if (!outcome.done) {
    ctx.status.setCondition("Published", "False", outcome.reason, outcome.message);
    throw unfinished(outcome);
  }
  const { host, port, isPublic } = ctx.provider.upstream(ctx.identity, version);
  const url = isPublic === true ? `https://${host}` : `http://${host}:${port}`;
  ctx.status.set("edge", { target: title, version, url });
  ctx.status.setCondition("Published", "True", "Published", `Version ${version} is on ${title}.`);
  return version;
}
