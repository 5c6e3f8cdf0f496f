/** Keys of ConfigMaps that functions refer to in their environment. */
import { LRUCache } from "lru-cache";
import type { KubeClient } from "../kube/kube-client.ts";
import { configMaps } from "../kube/objects.ts";
import type { FoundKey } from "./env-reference.ts";

interface Known {
  readonly resourceVersion: string;
  readonly found: FoundKey;
}

/** Values that are kept, of the keys that were used last. */
const maxEntries = 1024;

/** Errors: ApiError. */
export class ConfigMapReader {
  readonly #client: KubeClient;
  readonly #known = new LRUCache<string, Known>({ max: maxEntries });

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /**
   * Undefined when there is no such ConfigMap. resourceVersion is the newest one known to a watch, undefined when it
   * knows none: the API server is asked only when the ConfigMap has changed since.
   */
  async read(
    ref: { readonly namespace: string; readonly name: string },
    key: string,
    resourceVersion: string | undefined,
  ): Promise<FoundKey | undefined> {
    const id = `${ref.namespace}/${ref.name}/${key}`;
    const known = this.#known.get(id);
    if (known !== undefined && known.resourceVersion === resourceVersion) return known.found;
    const object = await this.#client.find(configMaps, ref);
    this.#known.delete(id);
    if (object === undefined) return undefined;
    const { data = {}, binaryData = {}, metadata } = object;
    const text = data[key];
    const found = {
      keys: [...Object.keys(data), ...Object.keys(binaryData)],
      bytes: text === undefined ? undefined : Buffer.from(text),
    };
    this.#known.set(id, { resourceVersion: metadata.resourceVersion ?? "", found });
    return found;
  }
}
