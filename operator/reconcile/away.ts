/** Whether the workload has been scaled down: told by the reason of the condition Offloaded, set before the first scale-down. */
import type { OffloadedReason } from "../api/v1alpha1/conditions.ts";
import type { StatusDraft } from "./status-draft.ts";

const reasons: ReadonlySet<string> = new Set<OffloadedReason>([
  "ScalingDown",
  "PodsTerminating",
  "ScaledToZero",
  "ScaledUpByOther",
  "Contended",
]);

export function isAway(status: StatusDraft): boolean {
  return reasons.has(status.condition("Offloaded")?.reason ?? "");
}
