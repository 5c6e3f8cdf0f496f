/** What a reflector asks of an API server: pages of a list, and the stream of changes after it. */
import type { ListPage } from "./parse-object.ts";
import type { KubeObject, Resource } from "./resource.ts";

/** Which objects of a kind. */
export interface Scope {
  /** All namespaces unless given. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects have apiVersion, kind and metadata only. */
  readonly metadataOnly?: boolean;
}

export type WatchEvent<T extends KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

export interface WatchStart {
  readonly resourceVersion: string;
  /** The server ends the stream after about this time. */
  readonly timeoutSeconds: number;
  /** Milliseconds without a byte after which the stream counts as dead. */
  readonly inactivityMs: number;
}

/** Errors: ApiError, also for an ERROR event of the stream (410: the version is too old); RequestError; the signal's reason. */
export interface ListWatch {
  page<T extends KubeObject>(
    resource: Resource<T>,
    scope: Scope,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<ListPage<T>>;
  /** Ends when the server ends the stream. */
  watch<T extends KubeObject>(
    resource: Resource<T>,
    scope: Scope,
    start: WatchStart,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
}
