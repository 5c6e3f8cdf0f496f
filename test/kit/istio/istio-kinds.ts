/** The kinds of Istio that Ebb reads, for the fake API server. */
import { loadCustomKinds } from "../fake-apiserver/custom-kinds.ts";
import type { Kind } from "../fake-apiserver/kind.ts";

export function istioKinds(): Kind[] {
  return loadCustomKinds(import.meta.dirname);
}
