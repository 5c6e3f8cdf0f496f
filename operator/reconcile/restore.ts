/** The way back: the mirror image of the way to the edge, ending with all as it was. */
import type { Deployment } from "../kube/objects.ts";
import type { FoundService } from "../workload/find-service.ts";
import type { Context } from "./context.ts";
import { routedService } from "./routed-service.ts";
import { routeOf } from "./steps/attach-gateway.ts";
import { detachGateway } from "./steps/detach-gateway.ts";
import { dropSavedScale } from "./steps/drop-saved-scale.ts";
import { dropFinalizer, hasFinalizer } from "./steps/ensure-finalizer.ts";
import { retire } from "./steps/retire.ts";
import { scaleUp } from "./steps/scale-up.ts";
import { shift } from "./steps/shift.ts";

/** Brings the traffic and the workload back; a Deployment that is gone is no obstacle. */
export async function restore(ctx: Context): Promise<void> {
  const deployment = findDeployment(ctx);
  await returnTraffic(ctx, deployment);
  await ctx.step("dropSavedScale", () => dropSavedScale(ctx, deployment));
}

/** The EdgeFunction is deleted: bring all back, take the function off the edge, let the object go. */
export async function release(ctx: Context): Promise<void> {
  if (!hasFinalizer(ctx)) return;
  if (isTerminating(ctx)) {
    await ctx.step("retire", () => retire(ctx));
    await ctx.step("dropFinalizer", () => dropFinalizer(ctx));
    return;
  }
  const deployment = findDeployment(ctx);
  await returnTraffic(ctx, deployment);
  await ctx.step("retire", () => retire(ctx));
  await ctx.step("dropSavedScale", () => dropSavedScale(ctx, deployment));
  await ctx.step("dropFinalizer", () => dropFinalizer(ctx));
}

async function returnTraffic(ctx: Context, deployment: Deployment | undefined): Promise<void> {
  const found = routedService(ctx);
  if (deployment !== undefined)
    await ctx.step("scaleUp", () => scaleUp(ctx, deployment, found?.service.metadata.name));
  await shiftBack(ctx, found);
  await ctx.step("detachGateway", () => detachGateway(ctx));
}

/** Nothing to shift when the function was never attached, or its Service is gone. */
async function shiftBack(ctx: Context, found: FoundService | undefined): Promise<void> {
  const { gateway, edge } = ctx.status.fields;
  if (found === undefined || gateway === undefined || edge?.version === undefined) return;
  const { weight } = await ctx.traffic.observe(ctx.identity, found.service.metadata.name);
  if (weight === undefined) return;
  const route = routeOf(ctx, found, edge.version, gateway.port);
  await ctx.step("shift", () => shift(ctx, route, 0));
}

function findDeployment(ctx: Context): Deployment | undefined {
  return ctx.stores.deployments.get(ctx.identity.namespace, ctx.fn.spec.workloadRef.name);
}

/** All that is in the namespace goes, the function soon too: what is outside of it is retired then. */
export function isTerminating(ctx: Context): boolean {
  const namespace = ctx.stores.namespaces.get(undefined, ctx.identity.namespace);
  return namespace?.metadata.deletionTimestamp !== undefined;
}
