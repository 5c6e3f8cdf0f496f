/** Reads the configuration of one gateway of each namespace, and asks the API server again only when it has changed. */
import type { FunctionKey } from "../../api/v1alpha1/names.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { type ConfigMap, configMaps } from "../../kube/objects.ts";
import { isOurs } from "../../kube/ours.ts";
import type { KubeObject } from "../../kube/resource.ts";
import { isCurrent } from "../../kube/resource-version.ts";
import { SharedReads } from "../../kube/shared-reads.ts";
import type { Store } from "../../kube/store.ts";
import { type GatewayEntry, isListening, readEntries } from "./entry.ts";

export interface GatewayConfig {
  readonly config: ConfigMap;
  readonly entries: readonly GatewayEntry[];
}

export interface ConfigReaderDeps {
  readonly client: KubeClient;
  /** Metadata is enough; without it every read asks the API server. */
  readonly configMaps?: Store<KubeObject> | undefined;
  /** Name of the gateway, and so of its ConfigMap. */
  readonly gateway: string;
}

/** A ConfigMap of the gateway's name that lacks Ebb's label is no gateway configuration: it is left alone. */
export class ConfigReader {
  readonly #deps: ConfigReaderDeps;
  readonly #known = new Map<string, GatewayConfig>();
  readonly #reads = new SharedReads<GatewayConfig>();
  readonly #foreign = new Map<string, ConfigMap>();
  /** Entries that listened when they were last seen, by namespace. */
  readonly #listening = new Map<string, Map<FunctionKey, GatewayEntry>>();

  constructor(deps: ConfigReaderDeps) {
    this.#deps = deps;
  }

  /** As of the cache; undefined when there is none. */
  read(namespace: string): Promise<GatewayConfig | undefined> {
    return this.#reads.read(
      namespace,
      () => this.#current(namespace),
      () => this.fresh(namespace),
    );
  }

  #current(namespace: string): GatewayConfig | undefined {
    const cached = this.#deps.configMaps?.get(namespace, this.#deps.gateway);
    const known = this.#known.get(namespace);
    return known !== undefined && isCurrent(known.config, cached) ? known : undefined;
  }

  /** As the API server has it now. */
  async fresh(namespace: string): Promise<GatewayConfig | undefined> {
    const config = await this.#deps.client.find(configMaps, { namespace, name: this.#deps.gateway });
    this.#foreign.delete(namespace);
    this.#known.delete(namespace);
    if (config === undefined) return undefined;
    if (!isOurs(config)) {
      this.#foreign.set(namespace, config);
      return undefined;
    }
    return this.wrote(namespace, config);
  }

  /** config is what a write was answered with. */
  wrote(namespace: string, config: ConfigMap): GatewayConfig {
    const read = { config, entries: readEntries(config.data) };
    this.#known.set(namespace, read);
    this.#remember(namespace, read.entries);
    return read;
  }

  /** False only when neither the cache nor an earlier read knows of a configuration in namespace. */
  mayHave(namespace: string): boolean {
    const { configMaps: cache } = this.#deps;
    if (cache === undefined || this.#known.has(namespace) || this.#listening.has(namespace)) return true;
    const cached = cache.get(namespace, this.#deps.gateway);
    return cached !== undefined && isOurs(cached);
  }

  /** The object that the latest read found in the configuration's place. */
  foreign(namespace: string): ConfigMap | undefined {
    return this.#foreign.get(namespace);
  }

  /**
   * Entries that callers were led to and that the latest read did not find: somebody has removed them, since Ebb itself
   * removes only those whose listener is closed.
   */
  lost(namespace: string): GatewayEntry[] {
    const stored = new Set(this.#known.get(namespace)?.entries.map(({ key }) => key));
    const listening = [...(this.#listening.get(namespace)?.values() ?? [])];
    return listening.filter(({ key }) => !stored.has(key));
  }

  /** The function of a lost entry is gone: nobody needs it back. */
  forget(namespace: string, key: FunctionKey): void {
    const listening = this.#listening.get(namespace);
    listening?.delete(key);
    if (listening?.size === 0) this.#listening.delete(namespace);
  }

  #remember(namespace: string, entries: readonly GatewayEntry[]): void {
    const listening = this.#listening.get(namespace) ?? new Map<FunctionKey, GatewayEntry>();
    for (const entry of entries) {
      if (isListening(entry)) listening.set(entry.key, entry);
      else listening.delete(entry.key);
    }
    if (listening.size > 0) this.#listening.set(namespace, listening);
    else this.#listening.delete(namespace);
  }
}
