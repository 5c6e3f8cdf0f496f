/** Reads the module's bytes from its source and finds out how to call them. */
import { TranspilerEnded } from "../../module/adapt/run-transpiler.ts";
import { ModuleError } from "../../module/module-error.ts";
import { ModuleNotFoundError } from "../../module/config-map-source.ts";
import type { Artifact } from "../../provider/provider.ts";
import type { Context } from "../context.ts";
import { Stall } from "../flow.ts";

/** Milliseconds until a component is tried again for which memory or time did not suffice. */
const recheckMs = 300_000;

/** What is published, without what it runs with: of a component what it was made into. */
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
    const { abi, digest, size, report } = inspected;
    if (ctx.fn.status?.module?.digest !== digest)
      ctx.log.info({ abi, digest, size, ...report }, "the module was inspected");
    const runnable =
      abi === "WasiHttp" ? await ctx.adapted.adapt(digest, async () => bytes) : { digest, bytes };
    ctx.status.set("module", { abi, digest, size });
    ctx.status.setCondition("ModuleResolved", "True", "Resolved", `${abi}, ${size} bytes, ${digest}.`);
    return { abi, ...runnable };
  } catch (error) {
    if (error instanceof ModuleNotFoundError) throw refuse(ctx, "ModuleNotFound", error.message, error);
    if (error instanceof ModuleError) throw refuse(ctx, error.reason, error.message, error);
    if (error instanceof TranspilerEnded)
      throw refuse(ctx, "ModuleNotAdapted", error.message, error, recheckMs);
    throw error;
  }
}

function refuse(
  ctx: Context,
  reason: string,
  message: string,
  cause?: unknown,
  recheckAfter?: number,
): Stall {
  ctx.status.setCondition("ModuleResolved", "False", reason, message);
  return new Stall(reason, message, { cause, ...(recheckAfter === undefined ? {} : { recheckAfter }) });
}
