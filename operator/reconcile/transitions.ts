/** What a pass changed, as Events for people. */
import { abnormalConditions } from "../api/v1alpha1/conditions.ts";
import type {
  EdgeFunctionStatus,
  EdgeFunctionStatusCondition as Condition,
} from "../api/v1alpha1/generated/edge-function.ts";
import type { EventNote } from "../telemetry/events.ts";

export interface Transition {
  readonly condition: Condition;
  readonly note: EventNote;
}

/** Conditions whose status changed; Ready and Reconciling follow from the others and are left out. */
export function transitions(before: EdgeFunctionStatus | undefined, after: EdgeFunctionStatus): Transition[] {
  const former = new Map((before?.conditions ?? []).map((condition) => [condition.type, condition.status]));
  return (after.conditions ?? [])
    .filter(
      ({ type, status }) =>
        type !== "Ready" && type !== "Reconciling" && status !== "Unknown" && former.get(type) !== status,
    )
    .filter(({ type, status }) => status === "True" || former.get(type) === "True")
    .map((condition) => ({ condition, note: noteOf(condition) }));
}

const warnings: ReadonlySet<string> = new Set([
  "ScaledUpByOther",
  "Contended",
  "GatewayNotReady",
  "GatewayBehind",
  "GatewayRejected",
  "SourceUnavailable",
  "EnvNotFound",
  "EnvForbidden",
  "EnvInvalid",
]);

/** Conditions that are no step on the way: when they are not True, somebody should look. */
const watched: ReadonlySet<string> = new Set(["EdgeHealthy", "Eligible"]);

function noteOf({ type, status, reason, message }: Condition): EventNote {
  const isWarning =
    type in abnormalConditions || warnings.has(reason) || (watched.has(type) && status === "False");
  return { type: isWarning ? "Warning" : "Normal", reason, note: message };
}
