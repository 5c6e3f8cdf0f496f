/** Finds out what the module runs with: its environment, what it may reach, and how long it may take. */
import { parseDuration } from "../../api/duration.ts";
import { EnvError } from "../../module/env-reference.ts";
import type { Artifact } from "../../provider/provider.ts";
import type { Context } from "../context.ts";
import { Stall } from "../flow.ts";
import type { Module } from "./resolve-module.ts";

/** Errors: Stall, and Published is False, until what spec.env refers to is there; what is published serves meanwhile. */
export async function resolveSettings(ctx: Context, module: Module): Promise<Artifact> {
  const { env = [], egress, limits } = ctx.fn.spec;
  const { cpuTime, requestTimeout } = limits ?? {};
  const { namespace } = ctx.identity;
  const versionOf = (name: string) => ctx.stores.configMaps.get(namespace, name)?.metadata.resourceVersion;
  try {
    const resolved = await ctx.env.read(namespace, env, versionOf);
    return {
      ...module,
      ...resolved,
      egress: egress?.allow ?? [],
      ...(cpuTime === undefined ? {} : { cpuTime: parseDuration(cpuTime) }),
      ...(requestTimeout === undefined ? {} : { requestTimeout: parseDuration(requestTimeout) }),
    };
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    ctx.status.setCondition("Published", "False", error.reason, error.message);
    throw new Stall(error.reason, error.message, { cause: error });
  }
}
