/** Objects without what the API server or chance puts into them, to compare one world with another. */
import { isDeepStrictEqual } from "node:util";
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

const uid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const time = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** Value without times, uids and counters, at any depth and inside texts. */
export function timeless(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(time, "TIME").replaceAll(uid, "UID");
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([field]) => !times.has(field));
  return Object.fromEntries(entries.map(([field, child]) => [field, timeless(child)]));
}

/** Where two values differ first, and how; undefined when they are equal. */
export function firstDifference(wanted: unknown, found: unknown, path = ""): string | undefined {
  if (isDeepStrictEqual(wanted, found)) return undefined;
  if (typeof wanted !== "object" || typeof found !== "object" || wanted === null || found === null) {
    return `${path} is ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`;
  }
  const [left, right] = [new Map(Object.entries(wanted)), new Map(Object.entries(found))];
  const differences = [...new Set([...left.keys(), ...right.keys()])].map((field) =>
    firstDifference(left.get(field), right.get(field), `${path}.${field}`),
  );
  return differences.find((difference) => difference !== undefined);
}

/** A name without the parts that follow from uids of pods and events. */
export function stableName(kind: string, name: string): string {
  if (kind === "Event") return name.replace(/\..*$/, ".*");
  if (kind === "EndpointSlice") return name.replace(/-[0-9a-f]{10}-(ipv[46])$/, "-*-$1");
  if (kind === "ReplicaSet") return name.replace(/-[0-9a-f]{9}$/, "-*");
  if (kind === "Pod") return name.replace(/-[0-9a-f]{9}-[0-9a-z]{5}$/, "-*");
  return name;
}
