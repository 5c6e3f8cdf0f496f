/** Envoy's clusters of one function: its edge, its workload, and the two orders in which they are tried. */
import {
  clusterNames,
  connectionBufferBytes,
  extension,
  type GatewayPlace,
  type Message,
  originListener,
  ownHeaderPrefix,
  socket,
} from "./envoy-config.ts";
import { assignment, circuitBreakers, http1, most } from "./cluster-parts.ts";
import type { GatewayEntry, Path } from "./entry.ts";
import { renderPublicEdge } from "./render-public-edge.ts";

/** All clusters of entry. */
export function renderClusters(entry: GatewayEntry, place: GatewayPlace): Message[] {
  return entry.paths.flatMap((path) => renderPath(entry, path, place));
}

function renderPath(entry: GatewayEntry, path: Path, place: GatewayPlace): Message[] {
  const names = clusterNames(entry.key, path);
  return [
    path.edge.isPublic === true
      ? renderPublicEdge(names.edge, path.edge, place)
      : renderEdge(names.edge, path.edge),
    renderWorkload(names.workload, path.origin),
    renderOrder(names.edgeFirst, [names.edge, originListener]),
    renderOrder(names.originFirst, [originListener, names.edge]),
  ];
}

/**
 * No outlier ejection: with one of two hosts ejected Envoy counts the edge as 70 % there and sends 30 of 100 requests to
 * the workload first; with the workload at 0, up to 20 of 100 then have no try left for the host that lives. A dead host
 * costs a refused connection, and the next try goes to another one.
 */
function renderEdge(name: string, edge: Path["edge"]): Message {
  return {
    name,
    // A node that is lost costs this much a request until its pod has left DNS.
    connect_timeout: "0.25s",
    cluster_type: extension("clusters.dns", "extensions.clusters.dns.v3.DnsCluster", {
      dns_lookup_family: "V4_PREFERRED",
      dns_refresh_rate: "2s",
      dns_failure_refresh_rate: { base_interval: "1s", max_interval: "2s" },
    }),
    load_assignment: assignment(name, socket(edge.host, edge.port)),
    circuit_breakers: circuitBreakers,
    per_connection_buffer_limit_bytes: connectionBufferBytes,
    typed_extension_protocol_options: http1(),
  };
}

/** Only ever connected to: no health check and no ejection, the Service's own endpoints are the truth. */
function renderWorkload(name: string, origin: Path["origin"]): Message {
  const own = { remove_on_match: { key_matcher: { prefix: ownHeaderPrefix } } };
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: assignment(name, socket(origin.address, origin.port)),
    circuit_breakers: circuitBreakers,
    per_connection_buffer_limit_bytes: connectionBufferBytes,
    typed_extension_protocol_options: http1({
      http_filters: [
        extension(
          "filters.http.header_mutation",
          "extensions.filters.http.header_mutation.v3.HeaderMutation",
          {
            mutations: { request_mutations: [own], response_mutations: [own] },
          },
        ),
        extension("filters.http.upstream_codec", "extensions.filters.http.upstream_codec.v3.UpstreamCodec"),
      ],
    }),
  };
}

function renderOrder(name: string, clusters: readonly string[]): Message {
  return {
    name,
    lb_policy: "CLUSTER_PROVIDED",
    // Requests and connections are counted where they go; only tries are counted here.
    circuit_breakers: { thresholds: [{ max_retries: most }] },
    cluster_type: extension("clusters.aggregate", "extensions.clusters.aggregate.v3.ClusterConfig", {
      clusters,
    }),
  };
}
