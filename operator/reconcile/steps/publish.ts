/** Puts the module on the edge and waits until every host of the edge can serve it. */
import type { Artifact } from "../../provider/provider.ts";
import type { Context } from "../context.ts";
import { pollMs, Stall, Wait } from "../flow.ts";
import { resolveTarget } from "./resolve-target.ts";

/** The reason with which an edge says that the module's bytes cannot be loaded: time does not cure it. */
const loadFailed = "ModuleLoadFailed";

/** Returns the published version. Until it is published, the version in status goes on serving. */
export async function publish(ctx: Context, artifact: Artifact): Promise<string> {
  const { title } = resolveTarget(ctx);
  const version = ctx.provider.version(artifact);
  const outcome = await ctx.provider.publish(ctx.identity, artifact);
  if (!outcome.done) {
    ctx.status.setCondition("Published", "False", outcome.reason, outcome.message);
    if (outcome.reason === loadFailed) throw new Stall(outcome.reason, outcome.message);
    throw new Wait(outcome.reason, outcome.message, pollMs);
  }
  const { host, port } = ctx.provider.upstream(ctx.identity, version);
  ctx.status.set("edge", { target: title, version, url: `http://${host}:${port}` });
  ctx.status.setCondition("Published", "True", "Published", `Version ${version} is on ${title}.`);
  return version;
}
