/** The pods of a namespace's pool, as the cache shows them. */
import { labels, poolName } from "../../api/v1alpha1/names.ts";
import type { Pod } from "../../kube/objects.ts";
import { isOurs } from "../../kube/ours.ts";
import type { Store } from "../../kube/store.ts";

export interface PoolPod {
  readonly name: string;
  /** Changes with every start of the process. */
  readonly incarnation: string;
  readonly address: string;
  readonly isReady: boolean;
}

/** Those with an address that are not on their way out. */
export function poolPods(pods: Store<Pod>, namespace: string): PoolPod[] {
  return pods.list(namespace).filter(isOfPool).flatMap(toPoolPod);
}

/** False while a pod that is to stay is not ready, as one that has no address yet. */
export function areAllReady(pods: Store<Pod>, namespace: string): boolean {
  return pods
    .list(namespace)
    .filter((pod) => isOfPool(pod) && pod.metadata.deletionTimestamp === undefined)
    .every(isReady);
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

function isOfPool(pod: Pod): boolean {
  return isOurs(pod) && pod.metadata.labels?.[labels.name] === poolName;
}

function toPoolPod(pod: Pod): PoolPod[] {
  const { metadata, status } = pod;
  const address = status?.podIP;
  const ended = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (address === undefined || address === "" || ended || metadata.deletionTimestamp !== undefined) return [];
  const restarts =
    status?.containerStatuses?.reduce((sum, container) => sum + container.restartCount, 0) ?? 0;
  const incarnation = `${metadata.uid ?? ""}/${restarts}`;
  return [{ name: metadata.name, incarnation, address, isReady: isReady(pod) }];
}
