/** Reads a namespace's gateway configuration, and asks the API server again only when it has changed. */
import { gatewayName } from "../../api/v1alpha1/names.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { type ConfigMap, configMaps } from "../../kube/objects.ts";
import { isOurs } from "../../kube/ours.ts";
import type { KubeObject } from "../../kube/resource.ts";
import type { Store } from "../../kube/store.ts";
import { type GatewayEntry, readEntries } from "./entry.ts";

export interface GatewayConfig {
  readonly config: ConfigMap;
  readonly entries: readonly GatewayEntry[];
}

export interface ConfigReaderDeps {
  readonly client: KubeClient;
  /** Metadata is enough; without it every read asks the API server. */
  readonly configMaps?: Store<KubeObject> | undefined;
}

export class ConfigReader {
  readonly #deps: ConfigReaderDeps;
  readonly #known = new Map<string, GatewayConfig>();

  constructor(deps: ConfigReaderDeps) {
    this.#deps = deps;
  }

  /** As of the cache; undefined when there is none. */
  async read(namespace: string): Promise<GatewayConfig | undefined> {
    const cached = this.#deps.configMaps?.get(namespace, gatewayName);
    const known = this.#known.get(namespace);
    const { uid, resourceVersion } = known?.config.metadata ?? {};
    const same = cached?.metadata.uid === uid && cached?.metadata.resourceVersion === resourceVersion;
    return known !== undefined && same ? known : this.fresh(namespace);
  }

  /** As the API server has it now. Throws when an object of that name is not Ebb's. */
  async fresh(namespace: string): Promise<GatewayConfig | undefined> {
    const config = await this.#deps.client.find(configMaps, { namespace, name: gatewayName });
    if (config === undefined) {
      this.#known.delete(namespace);
      return undefined;
    }
    if (!isOurs(config)) {
      throw new Error(
        `ConfigMap ${gatewayName} of namespace ${namespace} is not Ebb's: it lacks its managed-by label`,
      );
    }
    const read = { config, entries: readEntries(config.data) };
    this.#known.set(namespace, read);
    return read;
  }
}
