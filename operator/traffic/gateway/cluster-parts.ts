/** What Envoy's clusters have in common. */
import { type Message, preserveCase, typed } from "./envoy-config.ts";

/** Envoy's own limits (1024) would answer 503 for a burst that the workload itself takes. */
export const most = 1_000_000;
export const circuitBreakers: Message = {
  thresholds: [{ max_connections: most, max_pending_requests: most, max_requests: most, max_retries: most }],
};

/**
 * Shorter than the keep-alive of the servers we know (gunicorn 2 s, Node and workerd 5 s): a request sent on a
 * connection that the server is closing is lost.
 */
const upstreamIdle = "1s";

export function assignment(name: string, address: Message): Message {
  return { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] };
}

/** HTTP/1.1 to the upstream. */
export function http1(message: Message = {}, idle = upstreamIdle): Message {
  const type = "extensions.upstreams.http.v3.HttpProtocolOptions";
  return {
    [`envoy.${type}`]: typed(type, {
      common_http_protocol_options: {
        idle_timeout: idle,
        max_headers_count: 1000,
        max_response_headers_kb: 96,
      },
      explicit_http_config: {
        http_protocol_options: { enable_trailers: true, header_key_format: preserveCase },
      },
      ...message,
    }),
  };
}
