/** The one word that people read; derived from the conditions, never read by code. */
import type { EdgeFunctionStatus } from "../api/v1alpha1/generated/edge-function.ts";
import type { EdgeFunction } from "../kube/edge-objects.ts";
import type { StatusDraft } from "./status-draft.ts";

export type Phase = NonNullable<EdgeFunctionStatus["phase"]>;

export function phaseOf(fn: EdgeFunction, status: StatusDraft): Phase {
  const { gateway, savedScale } = status.fields;
  const isOnItsWay = gateway !== undefined || savedScale !== undefined;
  if (fn.metadata.deletionTimestamp !== undefined) return "Returning";
  if (fn.spec.placement === "Cluster") return isOnItsWay ? "Returning" : "InCluster";
  if (status.isTrue("Offloaded")) return "Offloaded";
  if (isOnItsWay) return "Shifting";
  return status.isTrue("ModuleResolved") ? "Publishing" : "Pending";
}
