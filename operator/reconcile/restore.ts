/** The way back: the mirror image of the way to the edge, ending with all as it was. */
import type { Deployment } from "../kube/objects.ts";
import type { FoundService } from "../workload/find-service.ts";
import { ownerBefore } from "./claim.ts";
import type { Context } from "./context.ts";
import { routedService } from "./routed-service.ts";
import { routeOf } from "./steps/attach-gateway.ts";
import { detachGateway } from "./steps/detach-gateway.ts";
import { dropSavedScale } from "./steps/drop-saved-scale.ts";
import { dropFinalizer, hasFinalizer } from "./steps/ensure-finalizer.ts";
import { recoverScale } from "./steps/recover-scale.ts";
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
    await ctx.step("retire", () => retire(ctx, true));
    await ctx.step("dropFinalizer", () => dropFinalizer(ctx));
    return;
  }
  const isOwner = ownsWorkload(ctx);
  if (isOwner) await ctx.step("recoverScale", () => recoverScale(ctx));
  const deployment = isOwner ? findDeployment(ctx) : undefined;
  await returnTraffic(ctx, deployment);
  await ctx.step("retire", () => retire(ctx));
  await ctx.step("dropSavedScale", () => dropSavedScale(ctx, deployment));
  await ctx.step("dropFinalizer", () => dropFinalizer(ctx));
}

async function returnTraffic(ctx: Context, deployment: Deployment | undefined): Promise<void> {
  const found = routedService(ctx);
  if (deployment !== undefined)
    await ctx.step("scaleUp", () => scaleUp(ctx, deployment, found?.service.metadata.name));
  if (!(await isAttached(ctx))) return;
  await shiftBack(ctx, found);
  await ctx.step("detachGateway", () => detachGateway(ctx));
}

/** The port is in status before anything uses it; when the status was lost, the gateway's own entry tells. */
async function isAttached({ status, traffic, identity }: Context): Promise<boolean> {
  return status.fields.gateway !== undefined || (await traffic.observe(identity, "")).weight !== undefined;
}

/** A function that never had the workload, as its owner has it, does not touch it. */
function ownsWorkload({ fn, stores, identity }: Context): boolean {
  return ownerBefore(fn, stores.edgeFunctions.list(identity.namespace)) === undefined;
}

/** Nothing to shift when the function was never attached, or its Service is gone. */
async function shiftBack(ctx: Context, found: FoundService | undefined): Promise<void> {
  const { gateway, edge } = ctx.status.fields;
  if (found === undefined || gateway === undefined || edge?.version === undefined) return;
  const { weight } = await ctx.traffic.observe(ctx.identity, found.service.metadata.name);
  if (weight === undefined) return;
  const route = routeOf(ctx, found, edge.version, gateway);
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
