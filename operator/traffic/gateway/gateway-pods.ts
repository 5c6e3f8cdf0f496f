/** What a gateway pod's status says, as far as traffic depends on it. */
import { inSlicesCondition, labels } from "../../api/v1alpha1/names.ts";
import type { ObjectCondition, Pod } from "../../kube/objects.ts";
import type { Store } from "../../kube/store.ts";

/** The pods of one gateway that have not ended, by name. */
export function gatewayPods(pods: Store<Pod>, namespace: string, gateway: string): Pod[] {
  return pods
    .list(namespace)
    .filter((pod) => pod.metadata.labels?.[labels.name] === gateway)
    .filter((pod) => pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed")
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Pods that must confirm a change: those that callers are sent to, or will be. */
export function mustConfirm(pod: Pod): boolean {
  return !isTerminating(pod) && isAnswering(pod);
}

/**
 * True when the pod's containers are ready and its node has not been lost. Ready itself waits for our own readiness gate;
 * a node that is lost sets it false after the gate was set.
 */
export function isAnswering(pod: Pod): boolean {
  if (podCondition(pod, "ContainersReady")?.status !== "True" || addressesOf(pod).length === 0) return false;
  const gate = podCondition(pod, inSlicesCondition);
  const ready = podCondition(pod, "Ready");
  if (gate?.status !== "True" || ready?.status !== "False") return true;
  return (ready.lastTransitionTime ?? "") <= (gate.lastTransitionTime ?? "");
}

export function podCondition(pod: Pod, type: string): ObjectCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

/** All IP addresses of the pod, the main one first. */
export function addressesOf(pod: Pod): string[] {
  const all = pod.status?.podIPs?.map(({ ip }) => ip) ?? [];
  const main = pod.status?.podIP;
  return all.length > 0 || main === undefined ? all : [main];
}

export function familyOf(address: string): "IPv4" | "IPv6" {
  return address.includes(":") ? "IPv6" : "IPv4";
}

/** `pod NAME on node NODE`, for messages. */
export function describePod(pod: Pod): string {
  return `pod ${pod.metadata.name} on node ${pod.spec.nodeName ?? "(none)"}`;
}
