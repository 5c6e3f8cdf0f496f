/** Objects without what the API server or chance puts into them, to compare one world with another. */
import type { KubeObject } from "../../operator/kube/resource.ts";

const volatile = new Set(["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"]);
const times = new Set(["lastTransitionTime", "recordTime", "observedGeneration"]);

/** The object as its owner wrote it: no status, no metadata that the server makes. */
export function asWritten(object: KubeObject | undefined): unknown {
  if (object === undefined) return undefined;
  const { status: _status, metadata, ...rest } = object as KubeObject & { status?: unknown };
  return {
    ...rest,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([field]) => !volatile.has(field))),
  };
}

/** Value without times and counters, at any depth. */
export function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([field]) => !times.has(field));
  return Object.fromEntries(entries.map(([field, child]) => [field, timeless(child)]));
}

/** A name without the parts that follow from uids of pods and events. */
export function stableName(kind: string, name: string): string {
  if (kind === "Event") return name.replace(/\..*$/, ".*");
  if (kind === "EndpointSlice") return name.replace(/-[0-9a-f]{10}-(ipv[46])$/, "-*-$1");
  if (kind === "Pod") return name.replace(/-[0-9a-f]{9}-[0-9a-z]{5}$/, "-*");
  return name;
}
