/** Whether EdgeFunctions still exist: the cache is believed when it says yes, the API server when it says no. */
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { type FunctionKey, functionKey } from "../../api/v1alpha1/names.ts";
import { type EdgeFunction, edgeFunctions } from "../../kube/edge-objects.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import type { Store } from "../../kube/store.ts";

export interface LivingFunctionsDeps {
  readonly client: KubeClient;
  readonly edgeFunctions: Store<EdgeFunction>;
}

export class LivingFunctions {
  readonly #deps: LivingFunctionsDeps;

  constructor(deps: LivingFunctionsDeps) {
    this.#deps = deps;
  }

  /** True while an object of this name and uid exists. */
  async has({ namespace, name, uid }: Omit<FunctionIdentity, "key">): Promise<boolean> {
    const { client, edgeFunctions: cached } = this.#deps;
    if (cached.get(namespace, name)?.metadata.uid === uid) return true;
    return (await client.find(edgeFunctions, { namespace, name }))?.metadata.uid === uid;
  }

  /** As has, when only the key is known. */
  async hasKey(namespace: string, key: FunctionKey): Promise<boolean> {
    const { client, edgeFunctions: cached } = this.#deps;
    const isIt = ({ metadata }: EdgeFunction): boolean => functionKey(metadata.uid ?? "") === key;
    return cached.list(namespace).some(isIt) || (await client.list(edgeFunctions, { namespace })).some(isIt);
  }
}
