/** The border where an API server's JSON becomes objects: what is no object or list is an ApiError. */
import { isRecord } from "./api-caller.ts";
import { ApiError } from "./api-error.ts";
import { apiVersionOf, type KubeObject, type Resource } from "./resource.ts";

export interface ListPage<T extends KubeObject> {
  readonly items: readonly T[];
  /** Asks for the next page; undefined on the last. */
  readonly continue: string | undefined;
  /** The version that all pages of one list are a snapshot of. */
  readonly resourceVersion: string;
}

/** path only names the call in the error. */
export function parseObject<T extends KubeObject>(resource: Resource<T>, path: string, json: unknown): T {
  if (!isKubeObject(json, resource.isQuestion === true)) {
    throw new ApiError(200, "NotAnObject", `${path}: the answer is no Kubernetes object`);
  }
  return json as T;
}

/** Items get the apiVersion and kind that the server leaves out of the lists of built-in kinds. */
export function parseList<T extends KubeObject>(
  resource: Resource<T>,
  path: string,
  json: unknown,
): ListPage<T> {
  if (!isRecord(json) || !isRecord(json.metadata) || (json.items !== null && !Array.isArray(json.items))) {
    throw new ApiError(200, "NotAList", `${path}: the answer is no Kubernetes list`);
  }
  const { continue: token, resourceVersion } = json.metadata;
  const items: readonly unknown[] = json.items ?? [];
  const kind = resource.kind === "" ? String(json.kind).replace(/List$/, "") : resource.kind;
  return {
    items: items.map((item) => named(resource, kind, parseObject(resource, path, item))),
    continue: typeof token === "string" && token !== "" ? token : undefined,
    resourceVersion: typeof resourceVersion === "string" ? resourceVersion : "",
  };
}

/** The object under its own kind, also when it came as PartialObjectMetadata. */
export function named<T extends KubeObject>(resource: Resource<T>, kind: string, object: T): T {
  return { ...object, apiVersion: apiVersionOf(resource), kind };
}

function isKubeObject(json: unknown, mayLackName: boolean): json is KubeObject {
  if (!isRecord(json) || !isRecord(json.metadata)) return false;
  return mayLackName || typeof json.metadata.name === "string";
}
