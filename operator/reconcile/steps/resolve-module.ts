/** Reads the module's bytes from its source and finds out how to call them. */
import { ModuleError } from "../../module/inspect.ts";
import { ModuleNotFoundError } from "../../module/config-map-source.ts";
import type { Artifact } from "../../provider/provider.ts";
import type { Context } from "../context.ts";
import { Stall } from "../flow.ts";

/** What is published, without what it runs with. */
export type Module = Pick<Artifact, "abi" | "digest" | "bytes">;

/** Errors: Stall, and ModuleResolved is False, until the module's bytes or the spec change. */
export async function resolveModule(ctx: Context): Promise<Module> {
  const { module } = ctx.fn.spec;
  const source = module.configMapKeyRef;
  if (source === undefined)
    throw refuse(ctx, "ModuleNotFound", "spec.module has no source. Set configMapKeyRef.");
  const { namespace } = ctx.identity;
  const known = ctx.stores.configMaps.get(namespace, source.name)?.metadata.resourceVersion;
  try {
    const bytes = await ctx.modules.read({ namespace, ...source }, known);
    const inspected = await ctx.inspect(bytes, module.abi);
    ctx.status.set("module", inspected);
    ctx.status.setCondition(
      "ModuleResolved",
      "True",
      "Resolved",
      `${inspected.abi}, ${inspected.size} bytes, ${inspected.digest}.`,
    );
    return { abi: inspected.abi, digest: inspected.digest, bytes };
  } catch (error) {
    if (error instanceof ModuleNotFoundError) throw refuse(ctx, "ModuleNotFound", error.message, error);
    if (error instanceof ModuleError) throw refuse(ctx, error.reason, error.message, error);
    throw error;
  }
}

function refuse(ctx: Context, reason: string, message: string, cause?: unknown): Stall {
  ctx.status.setCondition("ModuleResolved", "False", reason, message);
  return new Stall(reason, message, { cause });
}
