/** Read side of a reflector's cache; entries may lag behind the API server. */
import type { KubeObject } from "./resource.ts";

export interface Store<T extends KubeObject> {
  /** namespace is undefined for cluster-scoped kinds. */
  get(namespace: string | undefined, name: string): T | undefined;
  /** All objects, or those of one namespace. */
  list(namespace?: string): T[];
}
