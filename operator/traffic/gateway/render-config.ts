/** All entries of a gateway to the data of its ConfigMap: a pure function, so that nothing is lost by a restart. */
import { contentHash, byKey, entryFileName, type GatewayEntry, isListening } from "./entry.ts";
import { type GatewayPlace, type Message, podPlace, routesFile, typed } from "./envoy-config.ts";
import { renderBootstrap } from "./render-bootstrap.ts";
import { renderClusters } from "./render-clusters.ts";
import { renderListener } from "./render-listener.ts";
import { renderRoutes } from "./render-routes.ts";

/** Functions that one gateway holds: a ConfigMap has room for 1 MiB. */
export const mostFunctions = 100;

export function renderConfig(
  entries: readonly GatewayEntry[],
  place: GatewayPlace = podPlace,
): Record<string, string> {
  const sorted = entries.toSorted(byKey);
  const listeners = sorted.filter(isListening).map((entry) => renderListener(entry, place));
  const clusters = sorted
    .flatMap((entry) => renderClusters(entry, place))
    .map((cluster) => typed("config.cluster.v3.Cluster", cluster));
  const files: Record<string, Message | GatewayEntry> = {
    // A Service has IPv6 only where the cluster, and so the node, has it.
    "bootstrap.json": renderBootstrap(
      place,
      sorted.some(({ service }) => service.families.includes("IPv6")),
    ),
    "lds.json": versioned(listeners),
    "cds.json": versioned(clusters),
    [routesFile]: renderRoutes(sorted.filter(({ stage }) => stage !== "prepared")),
  };
  for (const entry of sorted) files[entryFileName(entry.key)] = entry;
  return Object.fromEntries(Object.entries(files).map(([file, content]) => [file, JSON.stringify(content)]));
}

function versioned(resources: readonly Message[]): Message {
  return { version_info: contentHash(resources), resources };
}
