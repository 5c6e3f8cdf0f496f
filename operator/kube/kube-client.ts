/** The calls that Ebb makes to an API server; raw JSON in and out, nothing is dropped. */
import type { KubeObject, Ref, Resource } from "./resource.ts";

/** RFC 6902 operations, those that Ebb uses. */
export type JsonPatchOperation =
  | { readonly op: "test" | "add" | "replace"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

export type Subresource = "status" | "scale" | "eviction";

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface DeleteOptions {
  /** The deletion is refused with 409 when the object is not this one. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
}

/**
 * Errors: every call throws ApiError for an answer of 400 or more, and the signal's reason once the client is fenced.
 * Guarantees: no request leaves after the fence has closed; 429 with Retry-After is waited for within the call's time limit.
 */
export interface KubeClient {
  get<T extends KubeObject>(resource: Resource<T>, ref: Ref): Promise<T>;
  /** As get, but undefined when there is no such object. */
  find<T extends KubeObject>(resource: Resource<T>, ref: Ref): Promise<T | undefined>;
  /** All pages of a list. */
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<T[]>;
  create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T>;
  /** Server-side apply as field manager `ebb`, conflicts forced: the fields of object are ours. */
  apply<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T>;
  /** JSON patch; guard it with `test` operations. */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    ref: Ref,
    patch: readonly JsonPatchOperation[],
    subresource?: Subresource,
  ): Promise<T>;
  /** JSON merge patch; guard it with metadata.resourceVersion in body. */
  merge<T extends KubeObject>(
    resource: Resource<T>,
    ref: Ref,
    body: unknown,
    subresource?: Subresource,
  ): Promise<T>;
  /** Returns when the deletion is accepted; an object that is already gone is no error. */
  delete(resource: Resource, ref: Ref, options?: DeleteOptions): Promise<void>;
}
