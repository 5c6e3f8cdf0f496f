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

function isOfPool(pod: Pod): boolean {
  return isOurs(pod) && pod.metadata.labels?.[labels.name] === poolName;
}

function toPoolPod({ metadata, status }: Pod): PoolPod[] {
  const address = status?.podIP;
  const ended = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (address === undefined || address === "" || ended || metadata.deletionTimestamp !== undefined) return [];
  const restarts =
    status?.containerStatuses?.reduce((sum, container) => sum + container.restartCount, 0) ?? 0;
  const isReady =
    status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  return [{ name: metadata.name, incarnation: `${metadata.uid ?? ""}/${restarts}`, address, isReady }];
}
