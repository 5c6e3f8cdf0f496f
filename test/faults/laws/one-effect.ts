/** Law 4: a pass makes at most one destructive effect. Passes are told apart by the reconcile ids in the log. */
import { gatewayName, labels, poolName, savedScaleAnnotation } from "../../../operator/api/v1alpha1/names.ts";
import { valueAt } from "../../kit/fake-apiserver/json.ts";
import type { Change } from "../../kit/fake-apiserver/storage.ts";
import { isOperator, type LogLine } from "../operator-process.ts";
import type { LoggedLaw } from "./law-watch.ts";
import type { View } from "./view.ts";

/** A step is logged when it has ended: what was done since the step before belongs to it. */
export function oneEffect(view: View): LoggedLaw {
  let pass = "";
  let pending: string[] = [];
  let effects = new Set<string>();
  return {
    law: ({ actor, ...change }) => {
      const effect = isOperator(actor.token) ? effectOf(view, change) : undefined;
      if (effect !== undefined) pending.push(effect);
      return undefined;
    },
    onLog: ({ reconcile = "", step, object }) => {
      if (step === undefined || object !== `${view.namespace}/${view.workload}`) return undefined;
      if (reconcile !== pass) effects = new Set();
      pass = reconcile;
      effects = new Set([...effects, ...pending]);
      pending = [];
      return effects.size > 1 ? [...effects].join(" and ") : undefined;
    },
  };
}

/** Slices of several gateway pods are one effect, as their loss is one to callers. */
function effectOf(view: View, { type, object, before }: Omit<Change, "actor">): string | undefined {
  const { name } = object.metadata;
  const isGone = type === "DELETED";
  switch (object.kind) {
    case "Deployment":
      if (name === view.workload) return deploymentEffect(object, before);
      return isGone && name === gatewayName ? "removal of the gateway" : undefined;
    case "EndpointSlice":
      return isGone && object.metadata.labels?.[labels.function] === view.key
        ? "removal of slices"
        : undefined;
    case "ConfigMap":
      return isGone && (name === gatewayName || name === poolName) ? `removal of ${name}` : undefined;
    case "EdgeFunction":
      return isGone && name === view.workload ? "drop of the finalizer" : undefined;
    default:
      return undefined;
  }
}

function deploymentEffect(object: unknown, before: unknown): string | undefined {
  const replicas = (of: unknown): number => Number(valueAt(of, ["spec", "replicas"]) ?? 1);
  if (replicas(object) < replicas(before)) return "scale down";
  const saved = (of: unknown): unknown => valueAt(of, ["metadata", "annotations", savedScaleAnnotation]);
  return saved(before) !== undefined && saved(object) === undefined ? "drop of the saved scale" : undefined;
}
