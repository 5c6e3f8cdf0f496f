/** JSON patches of an object that was read before; each is guarded so that it changes that object and nothing else. */
import type { JsonPatchOperation } from "./kube-client.ts";
import type { KubeObject } from "./resource.ts";

/** `/a/b` with RFC 6901 escapes, each segment a key or an index. */
export function pointer(...segments: readonly (string | number)[]): string {
  return segments
    .map((segment) => `/${String(segment).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

/** The operations, refused when object is another one by now (422), or has changed since it was read (409). */
export function ifUnchanged(
  object: KubeObject,
  operations: readonly JsonPatchOperation[],
): JsonPatchOperation[] {
  if (operations.length === 0) return [];
  return [
    test("/metadata/uid", object.metadata.uid),
    atVersion(object.metadata.resourceVersion),
    ...operations,
  ];
}

/** Makes the server refuse a patch, with 409, when the object is not at this resourceVersion: it compares what a patch sets. */
export function atVersion(resourceVersion: string | undefined): JsonPatchOperation {
  return {
    op: "replace",
    path: "/metadata/resourceVersion",
    value: known("/metadata/resourceVersion", resourceVersion),
  };
}

/** Empty when the finalizer is there already. */
export function addFinalizer(object: KubeObject, finalizer: string): JsonPatchOperation[] {
  const present = object.metadata.finalizers ?? [];
  if (present.includes(finalizer)) return [];
  const operation: JsonPatchOperation =
    present.length === 0
      ? { op: "add", path: "/metadata/finalizers", value: [finalizer] }
      : { op: "add", path: "/metadata/finalizers/-", value: finalizer };
  return ifUnchanged(object, [operation]);
}

/**
 * Empty when the finalizer is not there. Guarded by uid and by the finalizer at its place, not by resourceVersion: other
 * changes need not stop the removal, another's finalizer is never taken.
 */
export function removeFinalizer(object: KubeObject, finalizer: string): JsonPatchOperation[] {
  const index = object.metadata.finalizers?.indexOf(finalizer) ?? -1;
  if (index < 0) return [];
  const path = pointer("metadata", "finalizers", index);
  return [test("/metadata/uid", object.metadata.uid), test(path, finalizer), { op: "remove", path }];
}

/** Empty when the annotation has the value already; the map is made when there is none. */
export function setAnnotation(object: KubeObject, key: string, value: string): JsonPatchOperation[] {
  const present = object.metadata.annotations;
  if (present?.[key] === value) return [];
  const operation: JsonPatchOperation =
    present === undefined
      ? { op: "add", path: "/metadata/annotations", value: { [key]: value } }
      : { op: "add", path: pointer("metadata", "annotations", key), value };
  return ifUnchanged(object, [operation]);
}

/** Empty when the annotation is not there. */
export function removeAnnotation(object: KubeObject, key: string): JsonPatchOperation[] {
  if (object.metadata.annotations?.[key] === undefined) return [];
  return ifUnchanged(object, [{ op: "remove", path: pointer("metadata", "annotations", key) }]);
}

function test(path: string, value: unknown): JsonPatchOperation {
  return { op: "test", path, value: known(path, value) };
}

function known(path: string, value: unknown): unknown {
  if (value === undefined) throw new TypeError(`a guard of ${path} needs an object that the API server sent`);
  return value;
}

/** JSON merge patch (RFC 7386) that makes the map from into the map to; a key that goes is null. */
export function mapPatch(
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): Record<string, string | null> {
  const changed = Object.entries(to).filter(([key, text]) => from[key] !== text);
  const gone = Object.keys(from).filter((key) => !(key in to));
  return { ...Object.fromEntries(changed), ...Object.fromEntries(gone.map((key) => [key, null])) };
}
