/** Reads what a gateway pod has really loaded from its ops port. */
import { request } from "undici";
import { ports } from "../../api/v1alpha1/names.ts";
import { opsPaths } from "./render-ops-listener.ts";

/** What one gateway runs with now. */
export interface GatewayState {
  /** Names of the listeners that accept connections. */
  readonly listeners: ReadonlySet<string>;
  readonly clusters: ReadonlySet<string>;
  /** Version of each function's routes, by function key. */
  readonly routes: ReadonlyMap<string, string>;
  /** Open client connections of each listener, also of one that drains. */
  readonly connections: ReadonlyMap<string, number>;
  /** True while a listener or cluster is still being made ready. */
  readonly warming: boolean;
  /** Configuration files or parts of them that Envoy has refused since it started. */
  readonly rejected: number;
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

function parseState(listeners: ListenerStatuses, { stats }: Stats): GatewayState {
  const clusters = new Set<string>();
  const routes = new Map<string, string>();
  const connections = new Map<string, number>();
  let warming = 0;
  let rejected = 0;
  for (const { name = "", value = "" } of stats) {
    const cluster = /^cluster\.(.+)\.membership_total$/.exec(name)?.[1];
    const route = /^http\..+\.rds\.(.+)\.version_text$/.exec(name)?.[1];
    const listener = /^listener\.([^.]+)\.downstream_cx_active$/.exec(name)?.[1];
    if (cluster !== undefined) clusters.add(cluster);
    else if (route !== undefined) routes.set(route, String(value));
    else if (listener !== undefined) connections.set(listener, Number(value));
    else if (name.endsWith("warming") || name.endsWith("warming_clusters")) warming += Number(value);
    else if (name.endsWith(".update_rejected")) rejected += Number(value);
  }
  const names = new Set((listeners.listener_statuses ?? []).map(({ name }) => name));
  return { listeners: names, clusters, routes, connections, warming: warming > 0, rejected };
}
