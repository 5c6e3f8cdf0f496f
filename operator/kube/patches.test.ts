import { applyPatch } from "rfc6902";
import { expect, test } from "vitest";
import type { JsonPatchOperation } from "./kube-client.ts";
import {
  addFinalizer,
  ifUnchanged,
  pointer,
  removeAnnotation,
  removeFinalizer,
  setAnnotation,
} from "./patches.ts";
import type { KubeObject, ObjectMeta } from "./resource.ts";

function objectWith(metadata: Partial<ObjectMeta>): KubeObject {
  return { metadata: { name: "a", uid: "u", resourceVersion: "7", ...metadata } };
}

/** The object after the server has taken the patch; throws when a guard refuses it. */
function patched(object: KubeObject, operations: readonly JsonPatchOperation[]): KubeObject {
  const copy = structuredClone(object);
  const problem = applyPatch(copy, [...operations]).find((error) => error !== null);
  if (problem !== undefined && problem !== null) throw problem;
  if (copy.metadata.resourceVersion !== object.metadata.resourceVersion) throw new Error("409 Conflict");
  return copy;
}

test("a pointer escapes tilde and slash", () => {
  expect(pointer("metadata", "annotations", "ebb.dev/a~b", 0)).toBe("/metadata/annotations/ebb.dev~1a~0b/0");
});

test("a finalizer is added to none, to others, and not twice", () => {
  const none = objectWith({});
  expect(patched(none, addFinalizer(none, "f")).metadata.finalizers).toEqual(["f"]);
  const empty = objectWith({ finalizers: [] });
  expect(patched(empty, addFinalizer(empty, "f")).metadata.finalizers).toEqual(["f"]);
  const others = objectWith({ finalizers: ["x"] });
  expect(patched(others, addFinalizer(others, "f")).metadata.finalizers).toEqual(["x", "f"]);
  expect(addFinalizer(objectWith({ finalizers: ["f"] }), "f")).toEqual([]);
});

test("only our finalizer is removed", () => {
  const object = objectWith({ finalizers: ["x", "f", "y"] });
  expect(patched(object, removeFinalizer(object, "f")).metadata.finalizers).toEqual(["x", "y"]);
  expect(removeFinalizer(objectWith({ finalizers: ["x"] }), "f")).toEqual([]);
});

test("the removal is refused when another finalizer is at the place by now", () => {
  const patch = removeFinalizer(objectWith({ finalizers: ["f", "y"] }), "f");
  expect(() => patched(objectWith({ finalizers: ["y", "f"] }), patch)).toThrow(/test/i);
});

test("the removal goes through when something else has changed", () => {
  const patch = removeFinalizer(objectWith({ finalizers: ["f"] }), "f");
  const changed = objectWith({ finalizers: ["f"], resourceVersion: "8" });
  expect(patched(changed, patch).metadata.finalizers).toEqual([]);
});

test("every patch is refused by another object of the same name", () => {
  const object = objectWith({ finalizers: ["f"], annotations: { a: "1" } });
  const successor = objectWith({ uid: "v", finalizers: ["f"], annotations: { a: "1" } });
  const patches = [
    removeFinalizer(object, "f"),
    addFinalizer(object, "g"),
    setAnnotation(object, "a", "2"),
    removeAnnotation(object, "a"),
  ];
  for (const patch of patches) {
    expect(patched(object, patch)).not.toEqual(object);
    expect(() => patched(successor, patch)).toThrow(/test/i);
  }
});

test("an annotation is set in a new map, in the present one, and not twice", () => {
  const none = objectWith({});
  expect(patched(none, setAnnotation(none, "ebb.dev/a", "1")).metadata.annotations).toEqual({
    "ebb.dev/a": "1",
  });
  const some = objectWith({ annotations: { b: "2", "ebb.dev/a": "0" } });
  expect(patched(some, setAnnotation(some, "ebb.dev/a", "1")).metadata.annotations).toEqual({
    b: "2",
    "ebb.dev/a": "1",
  });
  expect(setAnnotation(objectWith({ annotations: { a: "1" } }), "a", "1")).toEqual([]);
});

test("a map of annotations that came to be in between is not overwritten", () => {
  const patch = setAnnotation(objectWith({}), "a", "1");
  expect(() => patched(objectWith({ resourceVersion: "8", annotations: { b: "2" } }), patch)).toThrow(
    "409 Conflict",
  );
});

test("an annotation is removed", () => {
  const object = objectWith({ annotations: { "ebb.dev/a": "1", b: "2" } });
  expect(patched(object, removeAnnotation(object, "ebb.dev/a")).metadata.annotations).toEqual({ b: "2" });
  expect(removeAnnotation(objectWith({}), "a")).toEqual([]);
});

test("a guard of nothing is nothing, and one without a version is a mistake", () => {
  expect(ifUnchanged(objectWith({}), [])).toEqual([]);
  expect(() => ifUnchanged({ metadata: { name: "a" } }, [{ op: "remove", path: "/x" }])).toThrow(
    "/metadata/uid",
  );
});
