/** Puts the Cloudflare edge together: a provider for each target, and the check of its credentials. */
import { LRUCache } from "lru-cache";
import type { Dispatcher } from "undici";
import type { Clock } from "../../api/clock.ts";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import type { EdgeTargetSpecCloudflare } from "../../api/v1alpha1/generated/edge-target.ts";
import type { Provider } from "../provider.ts";
import type { Account } from "./account.ts";
import { Accounts } from "./accounts.ts";
import { CloudflareProvider } from "./cloudflare-provider.ts";
import { outcomeOf, recheckMs } from "./outcome-of.ts";
import { createProbe } from "./probe.ts";
import { readShims, type Shims } from "./shims.ts";

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

export interface CloudflareEdges {
  /** namespace is that of the token's Secret. */
  provider(spec: EdgeTargetSpecCloudflare, namespace: string): Provider;
  /** Done when the token opens the account, and the account has the subdomain. One call in 20 s at most. */
  check(spec: EdgeTargetSpecCloudflare, namespace: string): Promise<Outcome>;
}

/** Setups of targets whose provider and whose last check are remembered. */
const most = 256;
/** Milliseconds for which a check is believed: every function that comes or goes asks for its target's. */
const believedMs = 20_000;

export function createCloudflareEdges(deps: CloudflareDeps): CloudflareEdges {
  const { modules, clock, dispatcher, token } = deps;
  let shims: Shims | undefined;
  const providers = new LRUCache<string, Provider>({ max: most });
  const checks = new LRUCache<string, { readonly at: number; readonly outcome: Outcome }>({ max: most });
  const accounts = new Accounts(deps);
  const probe = createProbe(dispatcher);
  const accountOf = async (spec: EdgeTargetSpecCloudflare, namespace: string): Promise<Account> =>
    accounts.get(spec.accountID, await token(namespace, spec.apiTokenSecretRef));
  const check = async (spec: EdgeTargetSpecCloudflare, namespace: string): Promise<Outcome> => {
    const wanted = spec.workersDev.subdomain;
    try {
      const found = await (await accountOf(spec, namespace)).api.subdomain();
      if (found === wanted) return done;
      return pending(
        "SubdomainMismatch",
        `spec.cloudflare.workersDev.subdomain is "${wanted}", and the account's is "${found}". Correct it.`,
        recheckMs,
      );
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome === undefined) throw error;
      return outcome;
    }
  };
  return {
    provider(spec, namespace) {
      const id = idOf(spec, namespace);
      const provider =
        providers.get(id) ??
        new CloudflareProvider({
          subdomain: spec.workersDev.subdomain,
          account: () => accountOf(spec, namespace),
          shims: (shims ??= readShims(modules)),
          probe,
          clock,
        });
      providers.set(id, provider);
      return provider;
    },
    async check(spec, namespace) {
      const id = idOf(spec, namespace);
      const last = checks.get(id);
      if (last !== undefined && clock.now() - last.at < believedMs) return last.outcome;
      const outcome = await check(spec, namespace);
      checks.set(id, { at: clock.now(), outcome });
      return outcome;
    },
  };
}

function idOf(spec: EdgeTargetSpecCloudflare, namespace: string): string {
  return JSON.stringify([namespace, spec]);
}
