/** LimitRanges that the pods of the gateway or the pool do not fit in. */
import type { LimitRangeItem } from "../../../kube/policy-objects.ts";
import { type Fact, fact } from "../finding.ts";
import type { Surroundings } from "../surroundings.ts";
import { amountIn, type Effective, effectiveOf, exceeds, yetToMake } from "./own-resources.ts";

/** Each of Ebb's pods has one container, so that limits of containers and of pods are checked alike. */
export function limitRange(seen: Surroundings): Fact[] {
  const missing = yetToMake(seen).map((own) => ({
    name: own.name,
    resources: effectiveOf(own, seen.limitRanges),
  }));
  return seen.limitRanges.flatMap(({ metadata, spec }) =>
    (spec?.limits ?? []).flatMap((item, index) => {
      if (item.type !== "Container" && item.type !== "Pod") return [];
      const wrong = missing.flatMap(({ name, resources }) =>
        violations(item, resources).map((what) => `${name} has ${what}`),
      );
      if (wrong.length === 0) return [];
      const path = `LimitRange/${metadata.name} .spec.limits[${index}]`;
      return [fact("OutsideLimitRange", path, `By LimitRange "${metadata.name}" ${wrong.join(", ")}.`)];
    }),
  );
}

const resources = ["cpu", "memory"] as const;

function violations(item: LimitRangeItem, { requests, limits }: Effective): string[] {
  return resources.flatMap((name) => {
    const request = amountIn(requests, name);
    const limit = amountIn(limits, name);
    const min = amountIn(item.min, name);
    const max = amountIn(item.max, name);
    const ratio = amountIn(item.maxLimitRequestRatio, name);
    const found: string[] = [];
    if (min !== undefined && (request === undefined || exceeds(min, request)))
      found.push(`a request of ${requests[name] ?? "no"} ${name}, below ${item.min?.[name]}`);
    if (max !== undefined && (limit === undefined || exceeds(limit, max)))
      found.push(`a limit of ${limits[name] ?? "no"} ${name}, above ${item.max?.[name]}`);
    if (
      ratio !== undefined &&
      (request === undefined || limit === undefined || exceeds(limit / request, ratio))
    )
      found.push(`more than ${item.maxLimitRequestRatio?.[name]} times its ${name} request as limit`);
    if (limit !== undefined && request !== undefined && exceeds(request, limit))
      found.push(`a default limit of ${limits[name]} ${name}, below its request`);
    return found;
  });
}
