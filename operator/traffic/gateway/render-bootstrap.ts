/** The configuration that a gateway starts with: fixed for a pod's life. */
import { reasonHeader } from "../../api/v1alpha1/names.ts";
import {
  adminPort,
  connectionBufferBytes,
  extension,
  type GatewayPlace,
  hostHeader,
  type Message,
  originHeader,
  originListener,
  router,
  socket,
  transparentHttp,
  watchedFile,
} from "./envoy-config.ts";
import { assignment, circuitBreakers, http1 } from "./cluster-parts.ts";
import { adminCluster, renderOpsListener } from "./render-ops-listener.ts";
import { bodyBufferBytes, originReasons } from "./render-routes.ts";

/** Others are not made at all: most of a gateway's memory would be statistics that nobody reads. */
const keptStats = {
  inclusion_list: {
    patterns: [
      ...["listener_manager.", "cluster_manager.", "server."].map((prefix) => ({ prefix })),
      {
        safe_regex: {
          regex:
            ".*\\.(version_text|update_rejected|membership_total|warming_state|membership_healthy|downstream_cx_active|downstream_rq_.xx|downstream_rq_active|downstream_rq_time|upstream_rq_.xx|upstream_rq_total|upstream_rq_retry|upstream_rq_time|ejections_active)",
        },
      },
    ],
  },
};

/** withIPv6 where pods have such addresses; others cannot bind to them. */
export function renderBootstrap(place: GatewayPlace, withIPv6: boolean): Message {
  return {
    node: { id: "ebb-gateway", cluster: "ebb-gateway" },
    admin: { address: socket(place.admin, adminPort) },
    bootstrap_extensions: [
      extension("bootstrap.internal_listener", "extensions.bootstrap.internal_listener.v3.InternalListener"),
    ],
    stats_config: { stats_matcher: keptStats },
    dynamic_resources: {
      lds_config: watchedFile(place, "lds.json"),
      cds_config: watchedFile(place, "cds.json"),
    },
    static_resources: {
      listeners: [renderOpsListener(place, withIPv6), renderOriginListener()],
      clusters: [
        {
          name: adminCluster,
          type: "STATIC",
          connect_timeout: "1s",
          load_assignment: assignment(adminCluster, socket(place.admin, adminPort)),
        },
        renderOriginCluster(),
      ],
    },
  };
}

/** The way to every workload: one for all functions, told by header which one. */
function renderOriginListener(): Message {
  return {
    name: originListener,
    traffic_direction: "OUTBOUND",
    internal_listener: {},
    per_connection_buffer_limit_bytes: connectionBufferBytes,
    filter_chains: [
      {
        filters: [
          transparentHttp(originListener, {
            route_config: {
              virtual_hosts: [
                {
                  name: originListener,
                  domains: ["*"],
                  request_body_buffer_limit: bodyBufferBytes,
                  routes: [renderOriginRoute()],
                },
              ],
            },
            local_reply_config: {
              mappers: [
                renderReason(originReasons.unreachable, ["UF", "UH", "NC"]),
                renderReason(originReasons.reset, ["UC", "UR", "LR", "UPE"]),
              ],
            },
            http_filters: [router],
          }),
        ],
      },
    ],
  };
}

function renderOriginRoute(): Message {
  return {
    match: { prefix: "/" },
    route: {
      cluster_header: originHeader,
      host_rewrite_header: hostHeader,
      timeout: "0s",
      // A new connection to a ClusterIP is likely to reach another pod.
      retry_policy: {
        retry_on: "connect-failure,refused-stream,reset-before-request",
        num_retries: 2,
        retry_back_off: { base_interval: "0.005s", max_interval: "0.05s" },
      },
    },
  };
}

/** Tells the outer listener why this one answered, which decides what may be sent again. */
function renderReason(reason: string, flags: readonly string[]): Message {
  return {
    filter: { response_flag_filter: { flags } },
    headers_to_add: [
      { header: { key: reasonHeader, value: reason }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" },
    ],
  };
}

function renderOriginCluster(): Message {
  return {
    name: originListener,
    type: "STATIC",
    connect_timeout: "1s",
    circuit_breakers: circuitBreakers,
    per_connection_buffer_limit_bytes: connectionBufferBytes,
    load_assignment: assignment(originListener, {
      envoy_internal_address: { server_listener_name: originListener },
    }),
    typed_extension_protocol_options: http1({}, "3600s"),
    transport_socket: extension(
      "transport_sockets.internal_upstream",
      "extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport",
      {
        transport_socket: extension(
          "transport_sockets.raw_buffer",
          "extensions.transport_sockets.raw_buffer.v3.RawBuffer",
        ),
      },
    ),
  };
}
