/** Which EdgeFunction has a Deployment or Service when several name it. */
import type { EdgeFunction } from "../kube/edge-objects.ts";

/**
 * The function that keeps fn from its workload; undefined when fn has it. One whose workload is away or attached goes
 * first, so that an edit never takes it over; then the older one, by creation time, then by uid.
 * all are those of fn's namespace.
 */
export function ownerBefore(fn: EdgeFunction, all: readonly EdgeFunction[]): EdgeFunction | undefined {
  return before(fn, all).find((other) => shares(fn, other));
}

/** Those that go before fn when they name what it names, first first. */
export function before(fn: EdgeFunction, all: readonly EdgeFunction[]): EdgeFunction[] {
  return all
    .filter((other) => other.metadata.uid !== fn.metadata.uid && compare(other, fn) < 0)
    .toSorted(compare);
}

function shares(left: EdgeFunction, right: EdgeFunction): boolean {
  if (left.spec.workloadRef.name === right.spec.workloadRef.name) return true;
  const service = left.spec.serviceRef?.name;
  return service !== undefined && service === right.spec.serviceRef?.name;
}

function compare(left: EdgeFunction, right: EdgeFunction): number {
  const hold = Number(holds(right)) - Number(holds(left));
  if (hold !== 0) return hold;
  const times = (left.metadata.creationTimestamp ?? "").localeCompare(right.metadata.creationTimestamp ?? "");
  return times === 0 ? (left.metadata.uid ?? "").localeCompare(right.metadata.uid ?? "") : times;
}

function holds({ status }: EdgeFunction): boolean {
  return status?.savedScale !== undefined || status?.gateway !== undefined;
}
