/** An operator's Deno Deploy edge against a fake Deno Deploy. */
import type { Clock } from "../../operator/api/clock.ts";
import { systemClock } from "../../operator/api/system-clock.ts";
import { createDenoEdges, type DenoEdges } from "../../operator/provider/deno-deploy/create-deno-edges.ts";
import type { BuiltModules } from "./built-modules.ts";
import type { FakeDeno } from "./fake-deno/fake-deno.ts";

/** One that remembers nothing. */
export function denoEdges(
  fake: FakeDeno,
  { folder }: BuiltModules,
  options: { readonly clock?: Clock } = {},
): DenoEdges {
  return createDenoEdges({
    modules: folder,
    clock: options.clock ?? systemClock,
    dispatcher: fake.dispatcher,
    token: () => Promise.resolve(fake.token),
  });
}

export function denoSpecOf({ organization }: FakeDeno) {
  return { organization: organization.slug, tokenSecretRef: { name: "deno", key: "token" } };
}
