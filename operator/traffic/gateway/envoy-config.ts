/** The small pieces that Envoy's configuration repeats, and the names Ebb gives to resources. */
import type { FunctionKey } from "../../api/v1alpha1/names.ts";
import { type Path, pathId } from "./entry.ts";

/** A message of Envoy's API in its JSON form. */
export type Message = Readonly<Record<string, unknown>>;

/** Where the gateway listens and keeps its files; a pod uses podPlace. */
export interface GatewayPlace {
  /** IPv4 address of the function ports and the ops port. */
  readonly bind: string;
  /** Address of Envoy's admin interface, which only the gateway itself may reach. */
  readonly admin: string;
  /** Folder where the ConfigMap is mounted. */
  readonly folder: string;
  /** File of the authorities, in PEM, that an edge outside of the cluster is believed by. */
  readonly authorities: string;
}

export const podPlace: GatewayPlace = {
  bind: "0.0.0.0",
  admin: "127.0.0.1",
  folder: "/etc/ebb",
  authorities: "/etc/ssl/certs/ca-certificates.crt",
};

export const adminPort = 9901;
export const originListener = "origin";

/** Seconds over which a listener that leaves asks its clients to close their connections. */
export const drainSeconds = 20;

/** Header that carries the client's Host to the origin. */
export const hostHeader = "x-ebb-host";

/** Header by which the origin listener is told the cluster of a function's workload. */
export const originHeader = "x-ebb-origin";

/**
 * Keys of the functions that a request has passed, to find loops. Not `Via`: servers change what they answer when they
 * see it (nginx stops compressing). It must reach the workload, and X-Forwarded-* is what a proxy may add.
 */
export const hopHeader = "x-forwarded-ebb";

/** Request and response headers with this prefix are between Ebb's own parts. */
export const ownHeaderPrefix = "x-ebb-";

/**
 * Request headers that begin so tell Envoy how often to try and how long to wait. Others with x-envoy- only say what an
 * Envoy in front has done, and the workload may read them. Envoy itself removes these from callers that it takes for
 * external; which ones it takes for internal has changed between versions.
 */
export const obeyedHeaderPrefixes: readonly string[] = [
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-hedge-",
  "x-envoy-max-retries",
  "x-envoy-retr",
  "x-envoy-upstream-",
];

/** Any extension message, named without `type.googleapis.com/envoy.`. */
export function typed(type: string, message: Message = {}): Message {
  return { "@type": `type.googleapis.com/envoy.${type}`, ...message };
}

export function extension(name: string, type: string, message: Message = {}): Message {
  return { name: `envoy.${name}`, typed_config: typed(type, message) };
}

export function socket(address: string, port: number): Message {
  return { socket_address: { address, port_value: port } };
}

/** Names of the clusters of one function's path. */
export function clusterNames(key: FunctionKey, path: Path) {
  const name = (part: string): string => `${key}/${part}.${pathId(path)}`;
  return { edge: name("edge"), workload: name("workload"), edgeFirst: name("ef"), originFirst: name("of") };
}

/** The one route configuration of all functions. */
export const routesName = "functions";

/**
 * Its file in the ConfigMap. One for all: Envoy takes an inotify instance for every subscription to a file, of which Linux
 * gives each user 128 on a node, and aborts when there is none.
 */
export const routesFile = "rds.json";

/** Request header with a function's key: its listener sets it, and its routes are found by it. */
export const keyHeader = "x-ebb-key";

/**
 * A file that Envoy reads again when the ConfigMap's mount is swapped. By way of `..data`, which the kubelet replaces in
 * one rename: it makes the link of a new file only afterwards, and a listener that looks for its routes in between waits
 * for the next swap.
 */
export function watchedFile(place: GatewayPlace, file: string): Message {
  return {
    path_config_source: {
      path: `${place.folder}/..data/${file}`,
      watched_directory: { path: place.folder },
    },
    // Zero waits for ever: a listener without its routes would answer 404.
    initial_fetch_timeout: "0s",
    resource_api_version: "V3",
  };
}

/** HTTP/1.1 header names and the reason beside the status as they were sent. */
export const preserveCase: Message = {
  stateful_formatter: {
    name: "preserve_case",
    typed_config: typed("extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig", {
      forward_reason_phrase: true,
    }),
  },
};

/**
 * What the gateway holds of a connection whose other end does not read. Small, since every slow download of a large body
 * fills several of them: with Envoy's 1 MiB a few hundred slow clients would use up the pod's memory.
 */
export const connectionBufferBytes = 64 * 1024;

/** An HTTP connection manager that changes nothing of what passes. */
export function transparentHttp(statPrefix: string, message: Message): Message {
  return extension(
    "filters.network.http_connection_manager",
    "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    {
      stat_prefix: statPrefix,
      server_header_transformation: "PASS_THROUGH",
      generate_request_id: false,
      // Not true: the gateway would append to X-Forwarded-For, and a workload that counts hops would take the ingress
      // controller for its client.
      use_remote_address: false,
      proxy_100_continue: true,
      stream_idle_timeout: "0s",
      max_request_headers_kb: 96,
      common_http_protocol_options: { max_headers_count: 1000 },
      http_protocol_options: {
        accept_http_10: true,
        // A client that names no host would be refused.
        default_host_for_http_10: "localhost",
        enable_trailers: true,
        header_key_format: preserveCase,
      },
      upgrade_configs: [{ upgrade_type: "websocket" }],
      ...message,
    },
  );
}

export const router: Message = extension("filters.http.router", "extensions.filters.http.router.v3.Router", {
  suppress_envoy_headers: true,
});
