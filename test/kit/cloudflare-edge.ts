/** An operator's Cloudflare edge against a fake Cloudflare. */
import { systemClock } from "../../operator/api/system-clock.ts";
import type { Clock } from "../../operator/api/clock.ts";
import {
  type CloudflareEdges,
  createCloudflareEdges,
} from "../../operator/provider/cloudflare/create-cloudflare-edges.ts";
import type { BuiltModules } from "./built-modules.ts";
import type { FakeCloudflare } from "./fake-cloudflare/fake-cloudflare.ts";

/** One that remembers nothing. */
export function cloudflareEdges(
  fake: FakeCloudflare,
  { folder }: BuiltModules,
  options: { readonly clock?: Clock; readonly token?: () => Promise<string> } = {},
): CloudflareEdges {
  return createCloudflareEdges({
    modules: folder,
    clock: options.clock ?? systemClock,
    dispatcher: fake.dispatcher,
    token: options.token ?? (() => Promise.resolve(fake.token)),
  });
}

export function specOf({ account }: FakeCloudflare) {
  return {
    accountID: account.id,
    apiTokenSecretRef: { name: "cloudflare", key: "token" },
    workersDev: { subdomain: account.subdomain },
  };
}
