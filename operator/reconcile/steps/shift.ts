/** Changes the share of requests that goes to the edge and waits until every ready gateway pod has confirmed it. */
import type { RoutedFunction, Weight } from "../../traffic/switch.ts";
import type { Context } from "../context.ts";
import { pollMs, Wait } from "../flow.ts";

export async function shift(ctx: Context, route: RoutedFunction, weight: Weight): Promise<void> {
  const outcome = await ctx.traffic.shift(route, weight);
  await recordTraffic(ctx, route.service.name);
  if (!outcome.done) {
    if (weight === 0 || !ctx.status.isTrue("TrafficShifted"))
      ctx.status.setCondition("TrafficShifted", "False", outcome.reason, outcome.message);
    throw new Wait(outcome.reason, outcome.message, pollMs);
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
