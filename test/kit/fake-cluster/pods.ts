/** What the stand-ins read off pods. */
import type { LabelSelector, ObjectCondition, Pod } from "../../../operator/kube/objects.ts";
import { selects } from "../../../operator/kube/label-selector.ts";

export function condition(pod: Pod, type: string): ObjectCondition | undefined {
  return pod.status?.conditions?.find((each) => each.type === type);
}

export function isReady(pod: Pod): boolean {
  return condition(pod, "Ready")?.status === "True" && pod.metadata.deletionTimestamp === undefined;
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

export function matches(selector: LabelSelector, pod: Pod): boolean {
  return selects(selector, pod.metadata.labels);
}

export function isControlledBy(pod: Pod, uid: string | undefined): boolean {
  return (
    pod.metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) === true
  );
}
