/** Which EdgeFunction owns a Deployment when several name it: the older one, by creation time, then by uid. */
import type { EdgeFunction } from "../kube/edge-objects.ts";

/** The function that keeps fn from its workload; undefined when fn owns it. all are those of fn's namespace. */
export function ownerBefore(fn: EdgeFunction, all: readonly EdgeFunction[]): EdgeFunction | undefined {
  return all
    .filter((other) => other.metadata.uid !== fn.metadata.uid && shares(fn, other) && isOlder(other, fn))
    .toSorted(byAge)[0];
}

function shares(left: EdgeFunction, right: EdgeFunction): boolean {
  if (left.spec.workloadRef.name === right.spec.workloadRef.name) return true;
  const service = left.spec.serviceRef?.name;
  return service !== undefined && service === right.spec.serviceRef?.name;
}

function isOlder(left: EdgeFunction, right: EdgeFunction): boolean {
  return byAge(left, right) < 0;
}

function byAge(left: EdgeFunction, right: EdgeFunction): number {
  const times = (left.metadata.creationTimestamp ?? "").localeCompare(right.metadata.creationTimestamp ?? "");
  return times === 0 ? (left.metadata.uid ?? "").localeCompare(right.metadata.uid ?? "") : times;
}
