/** Envoy's cluster of an edge outside of the cluster: over TLS, by its own name. */
import { connectionBufferBytes, extension, type GatewayPlace, type Message, socket } from "./envoy-config.ts";
import type { Path } from "./entry.ts";
import { assignment, circuitBreakers, http1 } from "./cluster-parts.ts";

/** A TLS handshake with a server far away has to fit in. */
const connectTimeout = "3s";
/** Shorter than the keep-alive of the edges we know. */
const idle = "60s";

export function renderPublicEdge(name: string, { host, port }: Path["edge"], place: GatewayPlace): Message {
  return {
    name,
    connect_timeout: connectTimeout,
    cluster_type: extension("clusters.dns", "extensions.clusters.dns.v3.DnsCluster", {
      dns_lookup_family: "V4_PREFERRED",
      respect_dns_ttl: true,
      dns_refresh_rate: "60s",
      dns_failure_refresh_rate: { base_interval: "1s", max_interval: "10s" },
    }),
    load_assignment: assignment(name, socket(host, port)),
    circuit_breakers: circuitBreakers,
    per_connection_buffer_limit_bytes: connectionBufferBytes,
    transport_socket: extension(
      "transport_sockets.tls",
      "extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      {
        sni: host,
        common_tls_context: {
          validation_context: {
            trusted_ca: { filename: place.authorities },
            match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: host } }],
          },
        },
      },
    ),
    typed_extension_protocol_options: http1({}, idle),
  };
}
