/** Finds out what the module runs with: its environment, and what it may reach. */
import { EnvError } from "../../module/env-reference.ts";
import type { Artifact } from "../../provider/provider.ts";
import type { Context } from "../context.ts";
import { Stall } from "../flow.ts";
import type { Module } from "./resolve-module.ts";

/** Errors: Stall, and Published is False, until what spec.env refers to is there; what is published serves meanwhile. */
export async function resolveSettings(ctx: Context, module: Module): Promise<Artifact> {
  const { env = [], egress } = ctx.fn.spec;
  const { namespace } = ctx.identity;
  const versionOf = (name: string) => ctx.stores.configMaps.get(namespace, name)?.metadata.resourceVersion;
  try {
    const resolved = await ctx.env.read(namespace, env, versionOf);
    return { ...module, ...resolved, egress: egress?.allow ?? [] };
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    ctx.status.setCondition("Published", "False", error.reason, error.message);
    throw new Stall(error.reason, error.message, { cause: error });
  }
}
