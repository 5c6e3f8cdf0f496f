/** Status reads right for kstatus, helm and Argo CD at any moment, and is not written in vain. */
import { isDeepStrictEqual } from "node:util";
import type { EdgeFunction } from "../../../operator/kube/edge-objects.ts";
import type { Change } from "../../kit/fake-apiserver/storage.ts";
import { timeless } from "../comparable.ts";
import type { Law } from "./law-watch.ts";
import type { View } from "./view.ts";

/** Conditions that speak of the whole object. */
const summaries = new Set(["Ready", "Reconciling", "Stalled"]);

export function healthTold(view: View): Law {
  return (change) => {
    if (change.object.kind !== "EdgeFunction" || change.type === "DELETED") return undefined;
    return contradiction(view.edgeFunction()) ?? vanity(change);
  };
}

function contradiction(fn: EdgeFunction | undefined): string | undefined {
  const conditions = fn?.status?.conditions ?? [];
  if (fn === undefined || conditions.length === 0) return undefined;
  const isTrue = (type: string): boolean =>
    conditions.some((each) => each.type === type && each.status === "True");
  const observed = fn.status?.observedGeneration ?? 0;
  if (observed > (fn.metadata.generation ?? 0)) return "observedGeneration is ahead of generation";
  if (!conditions.some(({ type }) => type === "Ready")) return "there is no condition Ready";
  if (isTrue("Stalled") && isTrue("Reconciling")) return "Stalled and Reconciling are both True";
  if (isTrue("Ready") && (isTrue("Stalled") || isTrue("Reconciling")))
    return "Ready is True while not at rest";
  const wrong = conditions.find(({ type, observedGeneration = 0 }) =>
    summaries.has(type) ? observedGeneration !== observed : observedGeneration > observed,
  );
  return wrong === undefined ? undefined : `${wrong.type} speaks of another generation than the status`;
}

/** A write of the status that changes nothing but times wakes everybody who watches. */
function vanity({ object, before }: Change): string | undefined {
  if (before === undefined || !isDeepStrictEqual(before["spec"], object["spec"])) return undefined;
  if (before["status"] === object["status"] || isDeepStrictEqual(before["status"], object["status"]))
    return undefined;
  return isDeepStrictEqual(timeless(before["status"]), timeless(object["status"]))
    ? "only times of status changed"
    : undefined;
}
