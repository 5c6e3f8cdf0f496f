/** Puts the Cloudflare edge together: a script for each function, below the account's name at workers.dev. */
import type { Dispatcher } from "undici";
import type { Clock } from "../../api/clock.ts";
import { pending } from "../../api/outcome.ts";
import type { EdgeTargetSpecCloudflare } from "../../api/v1alpha1/generated/edge-target.ts";
import { ByToken } from "../hosted/by-token.ts";
import { HostedProvider } from "../hosted/hosted-provider.ts";
import { recheckMs } from "../hosted/outcomes.ts";
import { createProbe } from "../hosted/probe.ts";
import { readShims, type Shims } from "../hosted/shims.ts";
import { createTargetEdges, type TargetEdges } from "../hosted/target-edges.ts";
import type { Order as HostedOrder } from "../hosted/vendor.ts";
import { CloudflareAccount } from "./account.ts";
import { ApiClient, type ListedScript } from "./api-client.ts";
import { CloudflareError } from "./cloudflare-error.ts";
import { hostOf, isOwn, scriptName } from "./names.ts";
import { outcomeOf } from "./outcome-of.ts";
import { createScript, type Order, updateScript } from "./publish-script.ts";
import { cloudflareVersion } from "./version.ts";

export interface CloudflareDeps {
  /** Folder with what `edge/build.ts` makes for Cloudflare; read with the first function there. */
  readonly modules: string;
  readonly clock: Clock;
  /** Of calls and probes. */
  readonly dispatcher: Dispatcher;
  /** The token in a Secret. Errors: TokenUnavailable; those of the API server. */
  readonly token: (namespace: string, ref: EdgeTargetSpecCloudflare["apiTokenSecretRef"]) => Promise<string>;
  readonly onCall?: (method: string, status: number) => void;
}

export type CloudflareEdges = TargetEdges<EdgeTargetSpecCloudflare>;

export function createCloudflareEdges(deps: CloudflareDeps): CloudflareEdges {
  const { modules, clock, dispatcher, onCall } = deps;
  let read: Shims | undefined;
  const accounts = new ByToken<CloudflareAccount>();
  const probe = createProbe(dispatcher);
  const accountOf = async (
    { accountID, apiTokenSecretRef }: EdgeTargetSpecCloudflare,
    namespace: string,
  ): Promise<CloudflareAccount> => {
    const token = await deps.token(namespace, apiTokenSecretRef);
    const make = (): CloudflareAccount =>
      new CloudflareAccount(new ApiClient({ accountID, token, clock, dispatcher, onCall }), clock);
    return accounts.get(accountID, token, make);
  };
  return createTargetEdges<EdgeTargetSpecCloudflare>({
    clock,
    outcomeOf,
    make: (spec, namespace) => {
      const shims = (read ??= readShims(modules));
      const orderOf = (order: HostedOrder<CloudflareAccount>): Order => {
        const state = order.account.state(order.name);
        return { ...order, state, shims };
      };
      return new HostedProvider<ListedScript, CloudflareAccount>({
        noun: "Script",
        clock,
        probe,
        version: (artifact) => cloudflareVersion(artifact, shims),
        nameOf: scriptName,
        hostOf: (key) => hostOf(key, spec.workersDev.subdomain),
        isOwn,
        fingerprint: ({ etag, modified_on }) => `${etag} ${modified_on}`,
        account: () => accountOf(spec, namespace),
        create: (order) => createScript(orderOf(order)),
        update: (order, answering) => updateScript(orderOf(order), answering),
        remove: ({ api }, name) => api.deleteScript(name),
        isGone: (error) => error instanceof CloudflareError && error.kind === "notFound",
        outcomeOf,
      });
    },
    check: async (spec, namespace) => {
      const wanted = spec.workersDev.subdomain;
      const found = await (await accountOf(spec, namespace)).api.subdomain();
      if (found === wanted) return undefined;
      return pending(
        "SubdomainMismatch",
        `spec.cloudflare.workersDev.subdomain is "${wanted}", and the account's is "${found}". Correct it.`,
        recheckMs,
      );
    },
  });
}
