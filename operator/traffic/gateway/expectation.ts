/** Compares what a gateway runs with to what an entry asks for. */
import { clusterNames } from "./envoy-config.ts";
import { type GatewayEntry, isListening } from "./entry.ts";
import type { GatewayState } from "./ops-client.ts";
import { routesVersion } from "./render-routes.ts";

/** What state lacks of entry, in words, or undefined when it has all of it. */
export function missingOf(state: GatewayState, entry: GatewayEntry): string | undefined {
  if (entry.stage === "closing") {
    return state.listeners.has(entry.key) ? `listener ${entry.key} is still open` : undefined;
  }
  const clusters = entry.paths.flatMap((path) => Object.values(clusterNames(entry.key, path)));
  const cluster = clusters.find((name) => !state.clusters.has(name));
  if (cluster !== undefined) return `cluster ${cluster} is not there`;
  const warming = clusters.find((name) => state.warming.has(name));
  if (warming !== undefined) return `cluster ${warming} is not ready`;
  if (!isListening(entry)) return undefined;
  if (!state.listeners.has(entry.key)) return `listener ${entry.key} is not open`;
  const wanted = routesVersion(entry);
  const version = state.routes.get(entry.key);
  return version === wanted ? undefined : `routes are ${version ?? "missing"} instead of ${wanted}`;
}
