/** Changes the share of requests that goes to the edge and waits until every ready gateway pod has confirmed it. */
import type { Pending } from "../../api/outcome.ts";
import type { RoutedFunction, Weight } from "../../traffic/switch.ts";
import type { Context } from "../context.ts";
import { unfinished } from "../flow.ts";

export async function shift(ctx: Context, route: RoutedFunction, weight: Weight): Promise<void> {
  const outcome = await ctx.traffic.shift(route, weight);
  await recordTraffic(ctx, route.service.name);
  if (!outcome.done) {
    if (weight === 0 || isBroken(outcome) || !ctx.status.isTrue("TrafficShifted"))
      ctx.status.setCondition("TrafficShifted", "False", outcome.reason, outcome.message);
    throw unfinished(outcome);
  }
  if (weight === 0)
    ctx.status.setCondition(
      "TrafficShifted",
      "False",
      "AtCluster",
      "Every gateway pod sends all requests to the workload.",
    );
  else
    ctx.status.setCondition(
      "TrafficShifted",
      "True",
      "AtEdge",
      `Every ready gateway pod sends ${weight} % of requests to the edge.`,
    );
}

export async function recordTraffic(ctx: Context, serviceName: string): Promise<void> {
  const { weight, confirmedWeight, edgePercent } = await ctx.traffic.observe(ctx.identity, serviceName);
  ctx.status.set(
    "traffic",
    weight === undefined
      ? undefined
      : { weight, edgePercent, ...(confirmedWeight === undefined ? {} : { confirmedWeight }) },
  );
}

const brokenReasons: ReadonlySet<string> = new Set(["GatewayNotReady", "GatewayBehind", "GatewayRejected"]);

/** What a gateway in trouble says; one that only loads a change still serves as before. */
export function isBroken(outcome: Pending): boolean {
  return brokenReasons.has(outcome.reason);
}
