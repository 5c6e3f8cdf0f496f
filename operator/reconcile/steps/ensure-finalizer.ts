/** The finalizer is there before the first write outside the EdgeFunction. */
import { finalizer } from "../../api/v1alpha1/names.ts";
import { edgeFunctions } from "../../kube/edge-objects.ts";
import { addFinalizer, removeFinalizer } from "../../kube/patches.ts";
import type { Context } from "../context.ts";
import { checkpoint } from "../flow.ts";

export async function ensureFinalizer(ctx: Context): Promise<void> {
  if (hasFinalizer(ctx)) return;
  ctx.wrote(await ctx.client.patch(edgeFunctions, ctx.identity, addFinalizer(ctx.fn, finalizer)));
  throw checkpoint("Starting", "The finalizer is set.");
}

/** The last write to a deleted EdgeFunction: after it the object is gone. */
export async function dropFinalizer(ctx: Context): Promise<void> {
  if (hasFinalizer(ctx))
    await ctx.client.patch(edgeFunctions, ctx.identity, removeFinalizer(ctx.fn, finalizer));
}

export function hasFinalizer(ctx: Context): boolean {
  return (ctx.fn.metadata.finalizers ?? []).includes(finalizer);
}
