/** The gateway's ops port: readiness, configuration state, metrics, and the drain that a pod's preStop hook asks for. */
import { ports } from "../../api/v1alpha1/names.ts";
import {
  extension,
  type GatewayPlace,
  type Message,
  router,
  socket,
  transparentHttp,
} from "./envoy-config.ts";

export const opsPaths = {
  ready: "/ready",
  metrics: "/metrics",
  listeners: "/state/listeners",
  stats: "/state/stats",
  errors: "/state/errors",
  drain: "/drain",
} as const;

/** Request header with the drain token of this gateway, so that no other pod can drain it. */
export const drainHeader = "x-ebb-drain";

/** Variable of the gateway's environment that holds the drain token. */
export const drainTokenVariable = "EBB_DRAIN_TOKEN";

/** Seconds that the drain hook holds a pod: longer than the drain itself, which is longer than slices take to be seen. */
export const drainHoldSeconds = 25;

export const adminCluster = "admin";

/** What confirmation reads; the names follow the stat prefixes that the listeners set. */
const stateStats = "(version_text|update_rejected|membership_total|warming_state|downstream_cx_active)$";

const drainScript = `function envoy_on_request(handle)
  local headers = handle:headers()
  if headers:get(":path") ~= "${opsPaths.drain}" then return end
  local token = os.getenv("${drainTokenVariable}")
  if token == nil or token == "" or headers:get("${drainHeader}") ~= token then
    handle:respond({[":status"] = "403"}, "")
    return
  end
  handle:httpCall("${adminCluster}", {
    [":method"] = "POST",
    [":path"] = "/drain_listeners?inboundonly&graceful&skip_exit",
    [":authority"] = "${adminCluster}",
  }, "", 2000)
end`;

/** Outbound, so that a drain of the inbound listeners leaves it open. withIPv6 where pods have such addresses. */
export function renderOpsListener(place: GatewayPlace, withIPv6: boolean): Message {
  return {
    name: "ops",
    traffic_direction: "OUTBOUND",
    address: socket(place.bind, ports.gatewayOps),
    ...(withIPv6 ? { additional_addresses: [{ address: socket("::", ports.gatewayOps) }] } : {}),
    filter_chains: [
      {
        filters: [
          transparentHttp("ops", {
            route_config: { virtual_hosts: [{ name: "ops", domains: ["*"], routes: renderRoutes() }] },
            http_filters: [renderDrain(), renderHold(), router],
          }),
        ],
      },
    ],
  };
}

function renderRoutes(): Message[] {
  return [
    toAdmin(opsPaths.ready, "/ready"),
    toAdmin(opsPaths.metrics, "/stats/prometheus"),
    toAdmin(opsPaths.listeners, "/listeners?format=json"),
    toAdmin(opsPaths.stats, `/stats?format=json&filter=${encodeURIComponent(stateStats)}`),
    toAdmin(opsPaths.errors, "/config_dump?resource=dynamic_listeners&mask=name,error_state"),
    { match: { path: opsPaths.drain }, direct_response: { status: 200 } },
  ];
}

function toAdmin(path: string, target: string): Message {
  return { match: { path }, route: { cluster: adminCluster, prefix_rewrite: target } };
}

function renderDrain(): Message {
  return extension("filters.http.lua", "extensions.filters.http.lua.v3.Lua", {
    default_source_code: { inline_string: drainScript },
  });
}

/** Holds the hook's answer, so that the pod is not told to stop before its clients have gone. */
function renderHold(): Message {
  return extension("filters.http.fault", "extensions.filters.http.fault.v3.HTTPFault", {
    delay: { fixed_delay: `${drainHoldSeconds}s`, percentage: { numerator: 100 } },
    headers: [{ name: ":path", string_match: { exact: opsPaths.drain } }],
  });
}
