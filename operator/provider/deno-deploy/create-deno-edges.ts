/** Puts the Deno Deploy edge together: an app for each function, below the organization's name at deno.net. */
import type { Dispatcher } from "undici";
import type { Clock } from "../../api/clock.ts";
import type { EdgeTargetSpecDenoDeploy } from "../../api/v1alpha1/generated/edge-target.ts";
import { ByToken } from "../hosted/by-token.ts";
import { HostedProvider } from "../hosted/hosted-provider.ts";
import { createProbe } from "../hosted/probe.ts";
import { readShims, type Shims } from "../hosted/shims.ts";
import { createTargetEdges, type TargetEdges } from "../hosted/target-edges.ts";
import type { Order as HostedOrder } from "../hosted/vendor.ts";
import { DenoAccount } from "./account.ts";
import { type App, DenoApi } from "./api-client.ts";
import { DenoError } from "./deno-error.ts";
import { appName, hostOf, isOwn } from "./names.ts";
import { outcomeOf } from "./outcome-of.ts";
import { cancelOthers, createApp, dropOtherSecrets, type Order, updateApp } from "./publish-app.ts";
import { denoVersion } from "./version.ts";

export interface DenoDeps {
  /** Folder with what `edge/build.ts` makes for Deno; read with the first function there. */
  readonly modules: string;
  readonly clock: Clock;
  /** Of calls and probes. */
  readonly dispatcher: Dispatcher;
  /** The token in a Secret. Errors: TokenUnavailable; those of the API server. */
  readonly token: (namespace: string, ref: EdgeTargetSpecDenoDeploy["tokenSecretRef"]) => Promise<string>;
  readonly onCall?: (method: string, status: number) => void;
}

export type DenoEdges = TargetEdges<EdgeTargetSpecDenoDeploy>;

export function createDenoEdges(deps: DenoDeps): DenoEdges {
  const { modules, clock, dispatcher, onCall } = deps;
  let read: Shims | undefined;
  const accounts = new ByToken<DenoAccount>();
  const probe = createProbe(dispatcher);
  const accountOf = async (
    { organization, tokenSecretRef }: EdgeTargetSpecDenoDeploy,
    namespace: string,
  ): Promise<DenoAccount> => {
    const token = await deps.token(namespace, tokenSecretRef);
    const make = (): DenoAccount => new DenoAccount(new DenoApi({ token, clock, dispatcher, onCall }), clock);
    return accounts.get(organization, token, make);
  };
  return createTargetEdges<EdgeTargetSpecDenoDeploy>({
    clock,
    outcomeOf,
    make: (spec, namespace) => {
      const shims = (read ??= readShims(modules));
      const orderOf = (order: HostedOrder<DenoAccount>): Order => {
        const state = order.account.state(order.name);
        return { ...order, state, shims };
      };
      return new HostedProvider<App, DenoAccount>({
        noun: "App",
        clock,
        probe,
        version: (artifact) => denoVersion(artifact, shims),
        nameOf: appName,
        hostOf: (key) => hostOf(key, spec.organization),
        isOwn,
        fingerprint: ({ updated_at = "" }) => updated_at,
        account: () => accountOf(spec, namespace),
        create: (order) => createApp(orderOf(order)),
        update: (order) => updateApp(orderOf(order)),
        cancelOthers,
        keepOnly: (account, name, version) => dropOtherSecrets(account, name, version, clock.now()),
        remove: ({ api }, name) => api.deleteApp(name),
        isGone: (error) => error instanceof DenoError && error.status === 404,
        outcomeOf,
      });
    },
    check: async (spec, namespace) => {
      await (await accountOf(spec, namespace)).api.check();
      return undefined;
    },
  });
}
