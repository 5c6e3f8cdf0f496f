/** Envoy's listener of one function: its ports, which never change after creation; routes come from its own file. */
import {
  extension,
  type GatewayPlace,
  type Message,
  obeyedHeaderPrefixes,
  ownHeaderPrefix,
  router,
  routesFile,
  socket,
  transparentHttp,
  typed,
  watchedFile,
} from "./envoy-config.ts";
import { type GatewayEntry, listenerPorts } from "./entry.ts";

/** Bodies up to this size can be sent again to another host. */
export const bodyBufferBytes = 8 * 1024 * 1024;

export function renderListener(entry: GatewayEntry, place: GatewayPlace): Message {
  const hosts = entry.service.families.includes("IPv6") ? [place.bind, "::"] : [place.bind];
  const addresses = hosts.flatMap((host) => listenerPorts(entry).map((port) => socket(host, port)));
  return typed("config.listener.v3.Listener", {
    name: entry.key,
    stat_prefix: entry.key,
    traffic_direction: "INBOUND",
    address: addresses[0],
    additional_addresses: addresses.slice(1).map((address) => ({ address })),
    per_connection_buffer_limit_bytes: bodyBufferBytes,
    filter_chains: [{ filters: [renderHttp(entry, place)] }],
  });
}

function renderHttp(entry: GatewayEntry, place: GatewayPlace): Message {
  // No client says which function is meant, nor how Envoy treats its request.
  const removed = [ownHeaderPrefix, ...obeyedHeaderPrefixes].map((prefix) => ({
    remove_on_match: { key_matcher: { prefix } },
  }));
  return transparentHttp(entry.key, {
    rds: { route_config_name: entry.key, config_source: watchedFile(place, routesFile(entry.key)) },
    http_filters: [
      extension("filters.http.header_mutation", "extensions.filters.http.header_mutation.v3.HeaderMutation", {
        mutations: { request_mutations: removed },
      }),
      router,
    ],
  });
}
