/** Finds the module that the spec names and how to call it; its bytes are read where an edge needs them. */
import { AttemptFailed } from "../../module/attempts.ts";
import type { ModuleRequest } from "../../module/found-module.ts";
import { TranspilerEnded } from "../../module/adapt/run-transpiler.ts";
import { ModuleError } from "../../module/module-error.ts";
import { SourceRefused, SourceUnavailable } from "../../module/source-error.ts";
import type { Artifact } from "../../provider/provider.ts";
import type { Context } from "../context.ts";
import { Retry, Stall } from "../flow.ts";

/** Milliseconds until a component is tried again for which memory or time did not suffice. */
const recheckMs = 300_000;

/** What is published, without what it runs with: of a component what it was made into. */
export type Module = Pick<Artifact, "abi" | "digest" | "bytes">;

/**
 * Errors, also of bytes: Stall until the source or the spec changes, Retry while the source does not answer; then
 * ModuleResolved is False and what is published serves on.
 */
export async function resolveModule(ctx: Context): Promise<Module> {
  return await explained(ctx, async () => {
    const { module, bytes, trouble } = await ctx.modules.resolve(requestOf(ctx));
    const { abi, digest, size } = module;
    const runnable = abi === "WasiHttp" ? await adapted(ctx, digest, bytes) : { digest, bytes };
    ctx.status.set("module", module);
    const what = `${abi}, ${size} bytes, ${digest}.`;
    if (trouble === undefined) ctx.status.setCondition("ModuleResolved", "True", "Resolved", what);
    else ctx.status.setCondition("ModuleResolved", "True", "TagNotLookedUp", `${trouble} In use: ${what}`);
    return { abi, digest: runnable.digest, bytes: () => explained(ctx, runnable.bytes) };
  });
}

/** What a component is made into. Its digest is known without the component once it was made. */
async function adapted(
  ctx: Context,
  digest: string,
  component: () => Promise<Uint8Array>,
): Promise<Pick<Module, "digest" | "bytes">> {
  const make = () => ctx.adapted.adapt(digest, component);
  return {
    digest: ctx.adapted.digestFor(digest) ?? (await make()).digest,
    bytes: async () => (await make()).bytes,
  };
}

function requestOf({ fn, identity, status, stores }: Context): ModuleRequest {
  const { namespace, uid } = identity;
  const pods = stores.deployments.get(namespace, fn.spec.workloadRef.name)?.spec.template.spec;
  return {
    namespace,
    uid,
    spec: fn.spec.module,
    known: status.fields.module,
    configMapVersion: (name) => stores.configMaps.get(namespace, name)?.metadata.resourceVersion,
    imagePullSecrets: (pods?.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []),
    serviceAccount: pods?.serviceAccountName ?? "default",
  };
}

/** What is wrong with the source, as a condition and as the end of the pass. */
async function explained<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { cause, after } = error instanceof AttemptFailed ? error : { cause: error, after: undefined };
    if (cause instanceof SourceRefused || cause instanceof ModuleError) throw refuse(ctx, cause, after);
    if (cause instanceof TranspilerEnded) {
      const failure = new ModuleError("ModuleNotAdapted", cause.message, { cause });
      throw refuse(ctx, failure, recheckMs);
    }
    if (!(cause instanceof SourceUnavailable)) throw error;
    ctx.log.warn({ err: cause }, "the module's source does not answer");
    ctx.status.setCondition("ModuleResolved", "False", "SourceUnavailable", cause.message);
    throw new Retry("SourceUnavailable", cause.message, { cause, after });
  }
}

function refuse(ctx: Context, cause: SourceRefused | ModuleError, after: number | undefined): Stall {
  ctx.status.setCondition("ModuleResolved", "False", cause.reason, cause.message);
  return new Stall(cause.reason, cause.message, {
    cause,
    ...(after === undefined ? {} : { recheckAfter: after }),
  });
}
