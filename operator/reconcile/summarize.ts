/** The one place that turns how a pass ended into Ready, Reconciling, Stalled, the phase and the time of the next pass. */
import { normalConditions } from "../api/v1alpha1/conditions.ts";
import { ApiError, isConflict } from "../kube/api-error.ts";
import type { EdgeFunction } from "../kube/edge-objects.ts";
import { Pause, Retry, Stall, Wait } from "./flow.ts";
import { phaseOf } from "./phase.ts";
import type { StatusDraft } from "./status-draft.ts";

export type Next =
  /** The object is gone: there is no next pass. */
  | { readonly kind: "Gone" }
  /** All holds, or a person must act: the next event starts the next pass. */
  | { readonly kind: "Rest" }
  /** The next pass starts after ms at the latest. */
  | { readonly kind: "After"; readonly ms: number }
  /** The next pass starts with backoff. */
  | { readonly kind: "Backoff"; readonly error: unknown }
  /** As Backoff, but what was read was old: nothing is to be told of it. */
  | { readonly kind: "Reread"; readonly error: unknown };

/** ended is what the pass threw, or undefined. */
export function summarize(fn: EdgeFunction, status: StatusDraft, ended: unknown): Next {
  if (isConflict(ended)) return { kind: "Reread", error: ended };
  for (const type of Object.keys(normalConditions))
    if (status.condition(type) === undefined)
      status.setCondition(type, "Unknown", "NotStarted", "Nothing has been tried yet.");
  const next = conclude(fn, status, ended);
  status.set("phase", phaseOf(fn, status));
  return next;
}

function conclude(fn: EdgeFunction, status: StatusDraft, ended: unknown): Next {
  if (ended === undefined) {
    const follows = status.condition(fn.spec.placement === "Edge" ? "Offloaded" : "TrafficShifted");
    tell(status, "True", undefined, follows?.reason ?? "Ready", follows?.message ?? "");
    return { kind: "Rest" };
  }
  if (ended instanceof Stall) {
    tell(status, "False", "Stalled", ended.reason, ended.publicMessage);
    return ended.recheckAfter === undefined ? { kind: "Rest" } : { kind: "After", ms: ended.recheckAfter };
  }
  if (ended instanceof Pause) {
    tell(status, "False", undefined, ended.reason, ended.publicMessage);
    return { kind: "Rest" };
  }
  if (ended instanceof Wait) {
    tell(status, "Unknown", "Reconciling", ended.reason, ended.publicMessage);
    return { kind: "After", ms: ended.after };
  }
  if (ended instanceof Retry) {
    tell(status, "False", "Reconciling", ended.reason, ended.publicMessage);
    return { kind: "After", ms: ended.after };
  }
  tell(status, "False", "Reconciling", ...describe(ended));
  return { kind: "Backoff", error: ended };
}

/** Reconciling and Stalled are there only while they are True, and never both. */
function tell(
  status: StatusDraft,
  ready: "True" | "False" | "Unknown",
  because: "Reconciling" | "Stalled" | undefined,
  reason: string,
  message: string,
): void {
  status.setCondition("Ready", ready, reason, message);
  for (const type of ["Reconciling", "Stalled"] as const) {
    if (type === because) status.setCondition(type, "True", reason, message);
    else status.dropCondition(type);
  }
}

function describe(error: unknown): [reason: string, message: string] {
  if (error instanceof ApiError)
    return ["Retrying", `The API server answered ${error.status} ${error.reason}; Ebb tries again.`];
  return ["Retrying", "An attempt failed; Ebb tries again. The operator's log says more."];
}
