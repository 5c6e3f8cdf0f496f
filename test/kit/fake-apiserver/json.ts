/** JSON values and Kubernetes objects as the fake API server holds them: never changed in place. */
import { isDeepStrictEqual } from "node:util";
import type { KubeObject, ObjectMeta } from "../../../operator/kube/resource.ts";

export interface JsonObject {
  readonly [field: string]: unknown;
}

/** A whole object of any kind. */
export interface StoredObject extends KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

export function equalJson(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

/** The value at a path of field names, undefined when a part is missing. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const field of path) at = isObject(at) ? at[field] : undefined;
  return at;
}

/** The object at a path; empty when it is absent or no object. */
export function objectAt(value: unknown, ...path: readonly string[]): JsonObject {
  const found = valueAt(value, path);
  return isObject(found) ? found : {};
}

/** The array at a path; empty when it is absent or no array. */
export function arrayAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, path);
  return isArray(found) ? found : [];
}

/** A copy with the value at path replaced; objects on the way are made, undefined removes the field. */
export function withValueAt(value: JsonObject, path: readonly string[], next: unknown): JsonObject {
  const [field, ...rest] = path;
  if (field === undefined) throw new TypeError("a path needs a field");
  const child = rest.length === 0 ? next : withValueAt(objectAt(value, field), rest, next);
  const copy: Record<string, unknown> = { ...value, [field]: child };
  if (child === undefined) delete copy[field];
  return copy;
}

/** A copy without the named fields. */
export function without(value: JsonObject, ...fields: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([field]) => !fields.includes(field)));
}

/** A copy with other metadata; fields that are undefined are dropped. */
export function withMetadata(object: StoredObject, changes: JsonObject): StoredObject {
  const entries = Object.entries({ ...object.metadata, ...changes }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...object, metadata: Object.fromEntries(entries) as unknown as ObjectMeta };
}

/** The object of an HTTP body or a file; undefined when it has no apiVersion, kind or metadata. */
export function asStoredObject(value: unknown): StoredObject | undefined {
  if (!isObject(value) || typeof value["apiVersion"] !== "string" || typeof value["kind"] !== "string")
    return undefined;
  const metadata = isObject(value["metadata"]) ? value["metadata"] : {};
  return {
    ...value,
    apiVersion: value["apiVersion"],
    kind: value["kind"],
    metadata: metadata as unknown as ObjectMeta,
  };
}
