/** Envoy's listener of one function: its port, which never changes after creation; routes come from the file of all functions. */
import {
  connectionBufferBytes,
  extension,
  type GatewayPlace,
  keyHeader,
  type Message,
  obeyedHeaderPrefixes,
  ownHeaderPrefix,
  router,
  routesFile,
  routesName,
  socket,
  transparentHttp,
  typed,
  watchedFile,
} from "./envoy-config.ts";
import type { GatewayEntry } from "./entry.ts";

export function renderListener(entry: GatewayEntry, place: GatewayPlace): Message {
  const hosts = entry.service.families.includes("IPv6") ? [place.bind, "::"] : [place.bind];
  const addresses = hosts.map((host) => socket(host, entry.port));
  return typed("config.listener.v3.Listener", {
    name: entry.key,
    stat_prefix: entry.key,
    traffic_direction: "INBOUND",
    address: addresses[0],
    additional_addresses: addresses.slice(1).map((address) => ({ address })),
    per_connection_buffer_limit_bytes: connectionBufferBytes,
    filter_chains: [{ filters: [renderHttp(entry, place)] }],
  });
}

function renderHttp(entry: GatewayEntry, place: GatewayPlace): Message {
  // No client says which function is meant, nor how Envoy treats its request.
  const removed = [ownHeaderPrefix, ...obeyedHeaderPrefixes].map((prefix) => ({
    remove_on_match: { key_matcher: { prefix } },
  }));
  const named = {
    append: { header: { key: keyHeader, value: entry.key }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" },
  };
  return transparentHttp(entry.key, {
    early_header_mutation_extensions: [
      extension(
        "http.early_header_mutation.header_mutation",
        "extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        { mutations: [...removed, named] },
      ),
    ],
    // The same for every function, so that they share one subscription.
    rds: { route_config_name: routesName, config_source: watchedFile(place, routesFile) },
    http_filters: [router],
  });
}
