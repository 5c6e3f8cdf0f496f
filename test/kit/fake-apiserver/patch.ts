/** JSON patch and JSON merge patch. */
import { applyPatch, type Operation } from "rfc6902";
import { ApiFailure, badRequest } from "./api-failure.ts";
import { asStoredObject, isArray, isObject, type JsonObject, type StoredObject } from "./json.ts";

/** Errors: 422 when an operation, a test included, does not fit the object; 400 for no patch. */
export function jsonPatched(live: StoredObject, patch: unknown): StoredObject {
  if (!isArray(patch))
    throw badRequest(
      "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
    );
  const copy: unknown = structuredClone(live);
  for (const operation of patch as Operation[]) {
    const [problem] = applyPatch(copy, [operation]);
    if (problem) throw new ApiFailure(422, "Invalid", explained(operation, problem));
  }
  return restored(copy);
}

function explained(operation: Operation, problem: Error): string {
  const detail =
    operation.op === "test"
      ? "testing value "
      : `${operation.op} operation does not apply: doc is missing path: `;
  return `the server rejected our request due to an error in our request: ${detail}${operation.path} failed: ${problem.message}`;
}

/** RFC 7386. */
export function mergePatched(live: StoredObject, patch: unknown): StoredObject {
  if (!isObject(patch))
    throw badRequest("json: cannot unmarshal array into Go value of type map[string]interface {}");
  return restored(mergeInto(live, patch));
}

function mergeInto(target: unknown, patch: JsonObject): JsonObject {
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else merged[field] = isObject(value) ? mergeInto(merged[field], value) : value;
  }
  return merged;
}

function restored(value: unknown): StoredObject {
  const object = asStoredObject(value);
  if (object === undefined) throw badRequest("the patch removes apiVersion or kind");
  return object;
}
