/** Watches what only assessments look at: a server that refuses these kinds does not stop the operator. */
import type { ObjectEvent, ObservedStore } from "./kube/object-cache.ts";
import type { WatchOptions } from "./kube/operator-deps.ts";
import { isOurs } from "./kube/ours.ts";
import { ingresses, limitRanges, networkPolicies, resourceQuotas } from "./kube/policy-objects.ts";
import type { KubeObject, Resource } from "./kube/resource.ts";
import type { SurroundingStores } from "./workload/assessment/read-surroundings.ts";
import { tellsProtocol } from "./workload/assessment/rules/backend-annotations.ts";

type Watch = <T extends KubeObject>(resource: Resource<T>, options: WatchOptions<T>) => ObservedStore<T>;

export interface OnSurroundings {
  /** Every function of the event's namespace may be concerned. */
  all(event: ObjectEvent<KubeObject>): void;
  /** Only those that are on their way. */
  unsettled(event: ObjectEvent<KubeObject>): void;
}

export function watchSurroundings(watch: Watch, wake: OnSurroundings): Omit<SurroundingStores, "namespaces"> {
  return {
    networkPolicies: watch(networkPolicies, {
      optional: true,
      onEvent: (event) => {
        if (!isOurs(event.object)) wake.all(event);
      },
    }),
    limitRanges: watch(limitRanges, { optional: true, onEvent: wake.all }),
    // It changes with every pod of its namespace: those that have what they need do not care.
    resourceQuotas: watch(resourceQuotas, { optional: true, onEvent: wake.unsettled }),
    ingresses: watch(ingresses, {
      optional: true,
      metadataOnly: true,
      onEvent: (event) => {
        if (tellsProtocol(event.object) || (event.old !== undefined && tellsProtocol(event.old)))
          wake.all(event);
      },
    }),
  };
}

/** Meshes are switched on by the labels and annotations of a namespace. */
export function isMarkedAnew({ type, object, old }: ObjectEvent<KubeObject>): boolean {
  if (type !== "modified") return false;
  return marksOf(object) !== marksOf(old);
}

function marksOf({ metadata }: KubeObject): string {
  return JSON.stringify([metadata.labels ?? {}, metadata.annotations ?? {}]);
}
