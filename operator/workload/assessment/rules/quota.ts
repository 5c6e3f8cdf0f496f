/** ResourceQuotas that leave no room for the gateway or the pool. */
import type { LimitRange, ResourceQuota } from "../../../kube/policy-objects.ts";
import { type Fact, fact } from "../finding.ts";
import type { OwnPods, Surroundings } from "../surroundings.ts";
import { amountIn, amountText, effectiveOf, exceeds, yetToMake } from "./own-resources.ts";

export function quota(seen: Surroundings): Fact[] {
  const missing = yetToMake(seen);
  if (missing.length === 0) return [];
  const names = missing.map(({ name }) => name).join(" and ");
  return seen.resourceQuotas.filter(isForOurPods).flatMap((each) => {
    const lacking = lackingIn(each, missing, seen.limitRanges);
    if (lacking.length === 0) return [];
    const { name } = each.metadata;
    const found = `ResourceQuota "${name}" has no room for ${names}: ${lacking.join(", ")}.`;
    return [fact("QuotaTooSmall", `ResourceQuota/${name} .spec.hard`, found)];
  });
}

/** Scopes of pods that Ebb's are not: theirs have requests, no deadline and no priority class. */
const otherScopes: ReadonlySet<string> = new Set([
  "BestEffort",
  "Terminating",
  "PriorityClass",
  "CrossNamespacePodAffinity",
  "VolumeAttributesClass",
]);

function isForOurPods({ spec }: ResourceQuota): boolean {
  const selected = (spec?.scopeSelector?.matchExpressions ?? []).map(({ scopeName }) => scopeName);
  return ![...(spec?.scopes ?? []), ...selected].some((scope) => otherScopes.has(scope));
}

/** What is used changes all the time, so it is left out: the finding stays the same while there is no room. */
function lackingIn(
  { spec, status }: ResourceQuota,
  missing: readonly OwnPods[],
  ranges: readonly LimitRange[],
): string[] {
  return Object.keys(spec?.hard ?? {})
    .toSorted()
    .flatMap((name) => {
      const needs = missing.map((own) => needOf(own, name, ranges));
      if (needs.includes("unset")) return [`every container must have ${name}`];
      const need = needs.reduce<number>((sum, each) => sum + (typeof each === "number" ? each : 0), 0);
      const room = (amountIn(spec?.hard, name) ?? 0) - (amountIn(status?.used, name) ?? 0);
      if (need === 0 || !exceeds(need, room)) return [];
      return [`${amountText(name, need)} of ${name} are needed, of ${spec?.hard?.[name]} less is left`];
    });
}

const objects: Readonly<Record<string, number>> = {
  "count/deployments.apps": 1,
  "count/replicasets.apps": 1,
  configmaps: 1,
  "count/configmaps": 1,
};

/** "unset" when the quota counts what the pods do not say. */
function needOf(own: OwnPods, name: string, ranges: readonly LimitRange[]): number | "unset" {
  if (name === "pods" || name === "count/pods") return own.replicas;
  const made = objects[name];
  if (made !== undefined) return made;
  const { requests, limits } = effectiveOf(own, ranges);
  const [, kind = "requests", resource = ""] = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(name) ?? [];
  if (resource === "") return 0;
  const amount = amountIn(kind === "limits" ? limits : requests, resource);
  return amount === undefined ? "unset" : amount * own.replicas;
}
