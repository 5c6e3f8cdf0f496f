/** Read side of a reflector's cache; entries may lag behind the API server. */
import type { KubeObject } from "./resource.ts";

export interface Store<T extends KubeObject> {
  /** namespace is undefined for cluster-scoped kinds. */
  get(namespace: string | undefined, name: string): T | undefined;
  /** All objects, or those of one namespace. */
  list(namespace?: string): T[];
}

/** A store whose kind the API server may refuse to list, or not know. */
export interface OptionalStore<T extends KubeObject> extends Store<T> {
  /** Whether a list has ever been read; until then the store is empty. */
  readonly isKnown: boolean;
}
