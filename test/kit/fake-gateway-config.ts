/** Reads from a gateway's rendered configuration what a gateway does with it. */
import type { FunctionKey } from "../../operator/api/v1alpha1/names.ts";
import { routesFile } from "../../operator/traffic/gateway/envoy-config.ts";
import { parseRoutesVersions } from "../../operator/traffic/gateway/render-routes.ts";

interface FakeListener {
  readonly key: FunctionKey;
  readonly port: number;
}

/** One host and port, or the name of another cluster each. */
interface FakeCluster {
  readonly name: string;
  readonly host?: string;
  readonly port?: number;
  readonly order?: readonly string[];
  /** Over TLS, by its own name. */
  readonly isPublic?: boolean;
}

interface FakeRoutes {
  readonly version: string;
  readonly weights: readonly { readonly name: string; readonly weight: number }[];
  readonly headers: Readonly<Record<string, string>>;
}

export interface FakeConfig {
  readonly listeners: readonly FakeListener[];
  readonly clusters: ReadonlyMap<string, FakeCluster>;
  readonly routes: ReadonlyMap<string, FakeRoutes>;
}

interface SocketAddress {
  readonly socket_address: { readonly address: string; readonly port_value: number };
}
interface Discovery<T> {
  readonly version_info: string;
  readonly resources: readonly T[];
}
interface ListenerResource {
  readonly name: FunctionKey;
  readonly address: SocketAddress;
}
interface ClusterResource {
  readonly name: string;
  readonly load_assignment?: {
    readonly endpoints: readonly [
      { readonly lb_endpoints: readonly [{ readonly endpoint: { readonly address: SocketAddress } }] },
    ];
  };
  readonly transport_socket?: object;
  readonly cluster_type?: { readonly typed_config: { readonly clusters?: readonly string[] } };
}
interface VirtualHost {
  readonly name: FunctionKey;
  readonly request_headers_to_add: readonly {
    readonly header: { readonly key: string; readonly value: string };
  }[];
  readonly routes: readonly {
    readonly route?: { readonly weighted_clusters: { readonly clusters: FakeRoutes["weights"] } };
  }[];
}
interface RouteResource {
  readonly virtual_hosts: readonly VirtualHost[];
}

export function parseFakeConfig(data: Readonly<Record<string, string>>): FakeConfig {
  const listeners = read<ListenerResource>(data["lds.json"]).resources;
  const clusters = read<ClusterResource>(data["cds.json"]).resources.map(parseCluster);
  const { version_info, resources } = read<RouteResource>(data[routesFile]);
  const versions = parseRoutesVersions(version_info);
  const hosts = resources.flatMap(({ virtual_hosts }) => virtual_hosts);
  return {
    listeners: listeners.map(({ name, address }) => ({ key: name, port: address.socket_address.port_value })),
    clusters: new Map(clusters.map((cluster) => [cluster.name, cluster])),
    routes: new Map(hosts.map((host) => [host.name, parseRoutes(host, versions.get(host.name) ?? "")])),
  };
}

function read<T>(text: string | undefined): Discovery<T> {
  return text === undefined ? { version_info: "", resources: [] } : (JSON.parse(text) as Discovery<T>);
}

function parseCluster({
  name,
  load_assignment,
  cluster_type,
  transport_socket,
}: ClusterResource): FakeCluster {
  const order = cluster_type?.typed_config.clusters;
  if (order !== undefined) return { name, order };
  const address = load_assignment?.endpoints[0].lb_endpoints[0].endpoint.address.socket_address;
  if (address === undefined) return { name };
  const isPublic = transport_socket !== undefined;
  return { name, host: address.address, port: address.port_value, isPublic };
}

function parseRoutes({ request_headers_to_add, routes }: VirtualHost, version: string): FakeRoutes {
  const headers = request_headers_to_add.map(({ header }) => [header.key, header.value]);
  const weights = routes.find(({ route }) => route !== undefined)?.route?.weighted_clusters.clusters ?? [];
  return { version, weights, headers: Object.fromEntries(headers) as Record<string, string> };
}
