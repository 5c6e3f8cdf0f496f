/** The eviction subresource of pods: a deletion that budgets may refuse. */
import type { PodDisruptionBudget } from "../../../operator/kube/objects.ts";
import { ApiFailure } from "./api-failure.ts";
import { arrayAt, isObject, type StoredObject } from "./json.ts";
import { selects } from "../../../operator/kube/label-selector.ts";

function isReady(pod: StoredObject): boolean {
  return arrayAt(pod, "status", "conditions").some(
    (condition) => isObject(condition) && condition["type"] === "Ready" && condition["status"] === "True",
  );
}

function wanted(minAvailable: number | string, count: number): number {
  return typeof minAvailable === "number"
    ? minAvailable
    : Math.ceil((count * Number.parseInt(minAvailable, 10)) / 100);
}

/** Errors: 429 with reason TooManyRequests when a budget of the namespace has none to give for this pod. */
export function checkBudgets(
  pod: StoredObject,
  pods: readonly StoredObject[],
  budgets: readonly StoredObject[],
): void {
  for (const budget of budgets) {
    const spec = budget["spec"] as PodDisruptionBudget["spec"];
    if (!selects(spec.selector, pod.metadata.labels)) continue;
    const covered = pods.filter((other) => selects(spec.selector, other.metadata.labels));
    const healthy = covered.filter(
      (other) => isReady(other) && other.metadata.deletionTimestamp === undefined,
    );
    const need = wanted(spec.minAvailable ?? 0, covered.length);
    if (isReady(pod) ? healthy.length - 1 >= need : healthy.length >= need) continue;
    const name = budget.metadata.name;
    throw new ApiFailure(
      429,
      "TooManyRequests",
      "Cannot evict pod as it would violate the pod's disruption budget.",
      {
        causes: [
          {
            reason: "DisruptionBudget",
            field: "",
            message: `The disruption budget ${name} needs ${need} healthy pods and has ${healthy.length} currently`,
          },
        ],
      },
    );
  }
}
