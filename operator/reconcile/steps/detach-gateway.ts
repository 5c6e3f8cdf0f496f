/** Takes the gateway out of the Service's endpoints and removes all that was made for the function's way. */
import { parseDuration } from "../../api/duration.ts";
import type { Context } from "../context.ts";
import { unfinished } from "../flow.ts";

export async function detachGateway(ctx: Context): Promise<void> {
  const drainSeconds = parseDuration(ctx.fn.spec.offload.drainPeriod) / 1000;
  const outcome = await ctx.traffic.detach(ctx.identity, drainSeconds);
  if (!outcome.done) {
    ctx.status.setCondition("TrafficShifted", "False", outcome.reason, outcome.message);
    throw unfinished(outcome);
  }
  ctx.status.set("gateway", undefined);
  ctx.status.set("traffic", undefined);
  ctx.status.setCondition("TrafficShifted", "False", "AtCluster", "All requests go to the workload.");
}
