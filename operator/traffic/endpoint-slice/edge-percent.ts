/** The true share of a Service's requests that reach the edge, while the workload's own pods are endpoints too. */
import { type FunctionKey, labels } from "../../api/v1alpha1/names.ts";
import type { EndpointSlice } from "../../kube/objects.ts";
import { isEbbSlice } from "./slices.ts";

/** 0 to 100: weight times the gateway's part of the ready endpoints. slices are all of the Service. */
export function edgePercent(slices: readonly EndpointSlice[], key: FunctionKey, weight: number): number {
  const family = slices.some(({ addressType }) => addressType === "IPv4") ? "IPv4" : "IPv6";
  let gateways = 0;
  let others = 0;
  for (const slice of slices) {
    if (slice.addressType !== family) continue;
    // Absent means ready, as for every reader of slices.
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).length;
    if (isEbbSlice(slice) && slice.metadata.labels?.[labels.function] === key) gateways += ready;
    else others += ready;
  }
  return gateways === 0 ? 0 : Math.round((weight * gateways) / (gateways + others));
}
