/** Law 4: a pass makes at most one destructive effect. Passes are told apart by the reconcile ids in the log. */
import {
  gatewayNames,
  labels,
  poolName,
  savedScaleAnnotation,
} from "../../../operator/api/v1alpha1/names.ts";
import { type FakeConfig, parseFakeConfig } from "../../kit/fake-gateway-config.ts";
import { objectAt, valueAt } from "../../kit/fake-apiserver/json.ts";
import type { Change } from "../../kit/fake-apiserver/storage.ts";
import { isOperator } from "../operator-process.ts";
import type { LoggedLaw } from "./law-watch.ts";
import { edgeShareOf, type View } from "./view.ts";

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

type Write = Omit<Change, "actor">;

/** Slices of several gateway pods are one effect, as their loss is one to callers. */
function effectOf(view: View, { type, object, before }: Write): string | undefined {
  const { name, labels: marks } = object.metadata;
  const isGone = type === "DELETED";
  if (object.kind === "Deployment" && name === view.workload) return deploymentEffect(object, before);
  if (object.kind === "ConfigMap" && gatewayNames.includes(name))
    return gatewayEffect(view, object, before, isGone);
  if (!isGone) return undefined;
  if (object.kind === "EndpointSlice" && marks?.[labels.function] === view.key) return "removal of slices";
  if (object.kind === "ConfigMap" && name === poolName) return "retirement";
  return object.kind === "EdgeFunction" && name === view.workload ? "drop of the finalizer" : undefined;
}

function gatewayEffect(view: View, object: unknown, before: unknown, isGone: boolean): string | undefined {
  const now = parseFakeConfig(isGone ? {} : dataOf(object));
  const former = parseFakeConfig(dataOf(before));
  const listens = (config: FakeConfig): boolean => config.listeners.some(({ key }) => key === view.key);
  if (listens(former) && !listens(now)) return "removal of the listener";
  if ([...former.clusters.keys()].some((name) => !now.clusters.has(name))) return "removal of clusters";
  const isFull = (config: FakeConfig): boolean => edgeShareOf(config, view.key) === 100;
  return isFull(now) && !isFull(former) ? "raise to 100" : undefined;
}

function dataOf(configMap: unknown): Record<string, string> {
  return objectAt(configMap, "data") as Record<string, string>;
}

function deploymentEffect(object: unknown, before: unknown): string | undefined {
  if (replicasOf(object) < replicasOf(before)) return "scale down";
  return savedOn(before) !== undefined && savedOn(object) === undefined
    ? "drop of the saved scale"
    : undefined;
}

function replicasOf(deployment: unknown): number {
  return Number(valueAt(deployment, ["spec", "replicas"]) ?? 1);
}

function savedOn(deployment: unknown): unknown {
  return valueAt(deployment, ["metadata", "annotations", savedScaleAnnotation]);
}
