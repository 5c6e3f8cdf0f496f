/** Which EdgeFunctions a change of another object concerns. */
import type { EdgeFunction } from "../kube/edge-objects.ts";
import { isOurs } from "../kube/ours.ts";
import type { ObjectMeta } from "../kube/resource.ts";
import type { Store } from "../kube/store.ts";

export interface Triggers {
  ofDeployment(metadata: ObjectMeta): EdgeFunction[];
  ofConfigMap(metadata: ObjectMeta): EdgeFunction[];
  /** All of a namespace. */
  ofNamespace(namespace: string | undefined): EdgeFunction[];
  /** Those of a namespace that are on their way: what moves there may be what they wait for. */
  unsettled(namespace: string | undefined): EdgeFunction[];
}

export function createTriggers(functions: Store<EdgeFunction>): Triggers {
  const of = (namespace: string | undefined, concerns: (fn: EdgeFunction) => boolean) =>
    namespace === undefined ? [] : functions.list(namespace).filter(concerns);
  return {
    ofDeployment: (metadata) =>
      isOurs({ metadata }) ? [] : of(metadata.namespace, (fn) => fn.spec.workloadRef.name === metadata.name),
    ofConfigMap: (metadata) =>
      of(metadata.namespace, ({ spec }) => configMapsOf(spec).includes(metadata.name)),
    ofNamespace: (namespace) => of(namespace, () => true),
    unsettled: (namespace) => of(namespace, (fn) => !isSettled(fn)),
  };
}

/** With the module, or with a part of the environment. */
function configMapsOf({ module, env = [] }: EdgeFunction["spec"]): (string | undefined)[] {
  return [module.configMapKeyRef?.name, ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name)];
}

/** Whether the two name the same Deployment, Service and target. */
export function sameRefs(left: EdgeFunction, right: EdgeFunction): boolean {
  return (
    left.spec.workloadRef.name === right.spec.workloadRef.name &&
    left.spec.serviceRef?.name === right.spec.serviceRef?.name &&
    left.status?.edge?.target === right.status?.edge?.target
  );
}

function isSettled(fn: EdgeFunction): boolean {
  if (fn.metadata.deletionTimestamp !== undefined) return false;
  return (fn.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}
