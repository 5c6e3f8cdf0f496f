/** Reads what a gateway pod has really loaded from its ops port. */
import { request } from "undici";
import { ports } from "../../api/v1alpha1/names.ts";
import { routesName } from "./envoy-config.ts";
import { opsPaths } from "./render-ops-listener.ts";
import { parseRoutesVersions } from "./render-routes.ts";

/** What one gateway runs with now. */
export interface GatewayState {
  /** Names of the listeners that accept connections. */
  readonly listeners: ReadonlySet<string>;
  readonly clusters: ReadonlySet<string>;
  /** Version of each function's routes, by function key. */
  readonly routes: ReadonlyMap<string, string>;
  /** Open client connections of each listener, also of one that drains. */
  readonly connections: ReadonlyMap<string, number>;
  /** Clusters that are still being made ready; a listener is among listeners only when it is ready. */
  readonly warming: ReadonlySet<string>;
  /** Updates that Envoy has refused since it started: of `listeners`, `clusters`, and `routes`. */
  readonly rejected: ReadonlyMap<string, number>;
}

export interface OpsClient {
  /** Errors: throws when the pod does not answer within a second, or not as a gateway. */
  read(address: string): Promise<GatewayState>;
  /** Why Envoy refused listeners, in its own words; empty when it names none. */
  rejections(address: string): Promise<string[]>;
}

interface ListenerStatuses {
  readonly listener_statuses?: readonly { readonly name: string }[];
}
interface Stats {
  readonly stats: readonly { readonly name?: string; readonly value?: string | number }[];
}
interface ListenerErrors {
  readonly configs?: readonly {
    readonly name?: string;
    readonly error_state?: { readonly details?: string };
  }[];
}

export function opsClient(timeoutMs = 1000): OpsClient {
  const get = async (address: string, path: string): Promise<unknown> => {
    const host = address.includes(":") ? `[${address}]` : address;
    const signal = AbortSignal.timeout(timeoutMs);
    const { statusCode, body } = await request(`http://${host}:${ports.gatewayOps}${path}`, { signal });
    if (statusCode === 200) return body.json();
    await body.dump();
    throw new Error(`gateway ${address} answered ${statusCode} to ${path}`);
  };
  return {
    async read(address) {
      const [listeners, stats] = await Promise.all([
        get(address, opsPaths.listeners),
        get(address, opsPaths.stats),
      ]);
      return parseState(listeners as ListenerStatuses, stats as Stats);
    },
    async rejections(address) {
      const { configs = [] } = (await get(address, opsPaths.errors)) as ListenerErrors;
      // Envoy names a listener that was refused twice: as itself and as a failed update.
      return [...new Set(configs.flatMap(({ error_state }) => error_state?.details ?? []))];
    },
  };
}

const statNames = {
  cluster: /^cluster\.(.+)\.membership_total$/,
  warming: /^cluster\.(.+)\.warming_state$/,
  routes: /^http\..+\.rds\.(.+)\.version_text$/,
  connections: /^listener\.([^.]+)\.downstream_cx_active$/,
  rejectedRoutes: /^http\..+\.rds\.(.+)\.update_rejected$/,
} as const;

function parseState(statuses: ListenerStatuses, { stats }: Stats): GatewayState {
  const found = (pattern: RegExp): [string, string][] =>
    stats.flatMap(({ name = "", value = "" }): [string, string][] => {
      const key = pattern.exec(name)?.[1];
      return key === undefined ? [] : [[key, String(value)]];
    });
  const counts = (pattern: RegExp): [string, number][] =>
    found(pattern).map(([key, value]) => [key, Number(value)]);
  const total = (name: string): number => Number(stats.find((stat) => stat.name === name)?.value ?? 0);
  return {
    listeners: new Set((statuses.listener_statuses ?? []).map(({ name }) => name)),
    clusters: new Set(found(statNames.cluster).map(([key]) => key)),
    routes: parseRoutesVersions(new Map(found(statNames.routes)).get(routesName) ?? ""),
    connections: new Map(counts(statNames.connections)),
    warming: new Set(counts(statNames.warming).flatMap(([key, value]) => (value > 0 ? [key] : []))),
    rejected: new Map([
      ["listeners", total("listener_manager.lds.update_rejected")],
      ["clusters", total("cluster_manager.cds.update_rejected")],
      ["routes", new Map(counts(statNames.rejectedRoutes)).get(routesName) ?? 0],
    ]),
  };
}
