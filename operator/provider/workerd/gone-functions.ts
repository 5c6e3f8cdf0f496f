/** Finds what a pool still holds of EdgeFunctions that went without being retired: their finalizer was taken off by hand. */
import { type FunctionKey, functionKey, labels } from "../../api/v1alpha1/names.ts";
import { type EdgeFunction, edgeFunctions } from "../../kube/edge-objects.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import type { EndpointSlice } from "../../kube/objects.ts";
import type { Store } from "../../kube/store.ts";
import type { Manifest } from "./manifest.ts";

export interface GoneFunctionsDeps {
  readonly client: KubeClient;
  readonly edgeFunctions: Store<EdgeFunction>;
  readonly endpointSlices: Store<EndpointSlice>;
}

export interface GoneFunction {
  readonly key: FunctionKey;
  /** A slice of its gateway still leads callers to it. */
  readonly isRouted: boolean;
}

/**
 * The functions of manifest that belong to no EdgeFunction of the namespace. The cache is believed when it has one; when
 * it has not, the API server is asked.
 */
export async function goneFunctions(
  deps: GoneFunctionsDeps,
  namespace: string,
  manifest: Manifest,
): Promise<GoneFunction[]> {
  const cached = keysOf(deps.edgeFunctions.list(namespace));
  const unknown = Object.keys(manifest.functions).filter((key) => !cached.has(key));
  if (unknown.length === 0) return [];
  const living = keysOf(await deps.client.list(edgeFunctions, { namespace }));
  const routed = new Set(
    deps.endpointSlices.list(namespace).map(({ metadata }) => metadata.labels?.[labels.function]),
  );
  return unknown
    .filter((key): key is FunctionKey => !living.has(key))
    .map((key) => ({ key, isRouted: routed.has(key) }));
}

function keysOf(functions: readonly EdgeFunction[]): Set<string> {
  return new Set(functions.map(({ metadata }) => functionKey(metadata.uid ?? "")));
}
