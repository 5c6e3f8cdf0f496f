/** The way to the edge: the ordered list. Each step returns when its part holds, or ends the pass. */
import type { Context } from "./context.ts";
import type { PortAllocator } from "./port-allocator.ts";
import { restore } from "./restore.ts";
import type { ScalePace } from "./scale-pace.ts";
import { assess } from "./steps/assess.ts";
import { attachGateway } from "./steps/attach-gateway.ts";
import { ensureFinalizer } from "./steps/ensure-finalizer.ts";
import { probeEdge } from "./steps/probe-edge.ts";
import { publish } from "./steps/publish.ts";
import { recoverScale } from "./steps/recover-scale.ts";
import { releaseVersions } from "./steps/release-versions.ts";
import { resolveModule } from "./steps/resolve-module.ts";
import { resolveSettings } from "./steps/resolve-settings.ts";
import { saveScale } from "./steps/save-scale.ts";
import { scaleDown } from "./steps/scale-down.ts";
import { recordTraffic, shift } from "./steps/shift.ts";

/** placement: Edge. */
export async function moveToEdge(ctx: Context, ports: PortAllocator, pace: ScalePace): Promise<void> {
  await ctx.step("recoverScale", () => recoverScale(ctx));
  await ctx.step("ensureFinalizer", () => ensureFinalizer(ctx));
  const subject = await ctx.step("assess", () => assess(ctx));
  const module = await ctx.step("resolveModule", () => resolveModule(ctx));
  const artifact = await ctx.step("resolveSettings", () => resolveSettings(ctx, module));
  const version = await ctx.step("publish", () => publish(ctx, artifact));
  await ctx.step("probeEdge", () => probeEdge(ctx, version));
  const route = await ctx.step("attachGateway", () => attachGateway(ctx, ports, subject, version));
  await ctx.step("shift", () => shift(ctx, route, 100));
  await ctx.step("releaseVersions", () => releaseVersions(ctx, version));
  const saved = await ctx.step("saveScale", () => saveScale(ctx, subject.deployment));
  await ctx.step("scaleDown", () => scaleDown(ctx, pace, subject.deployment, saved));
  await recordTraffic(ctx, route.service.name);
}

/** placement: Cluster. The function stays published, so that the next move is quick. */
export async function stayInCluster(ctx: Context): Promise<void> {
  await ctx.step("recoverScale", () => recoverScale(ctx));
  await ctx.step("ensureFinalizer", () => ensureFinalizer(ctx));
  await restore(ctx);
  await ctx.step("assess", () => assess(ctx));
  const module = await ctx.step("resolveModule", () => resolveModule(ctx));
  const artifact = await ctx.step("resolveSettings", () => resolveSettings(ctx, module));
  const version = await ctx.step("publish", () => publish(ctx, artifact));
  await ctx.step("probeEdge", () => probeEdge(ctx, version));
  await ctx.step("releaseVersions", () => releaseVersions(ctx, version));
  ctx.status.setCondition("Offloaded", "False", "InCluster", "The workload serves.");
}
