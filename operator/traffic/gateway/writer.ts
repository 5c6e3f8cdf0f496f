/** The one writer of a gateway's configuration: changes to entries are collected, rendered and written together. */
import type { Logger } from "pino";
import type { Clock } from "../../api/clock.ts";
import type { FunctionKey } from "../../api/v1alpha1/names.ts";
import { isConflict } from "../../kube/api-error.ts";
import { Batches } from "../../kube/batches.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { type ConfigMap, configMaps } from "../../kube/objects.ts";
import { mapPatch } from "../../kube/patches.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { GatewayEntry } from "./entry.ts";
import { gatewayLabels } from "./manifests.ts";
import { NameTaken } from "./name-taken.ts";
import { renderConfig } from "./render-config.ts";

/**
 * From the entry that is stored to the one to store; undefined is no entry. Pure: it runs again after a conflict.
 * An error it throws goes to its caller and leaves the other changes alone.
 */
export type EntryChange = (
  entry: GatewayEntry | undefined,
  all: ReadonlyMap<FunctionKey, GatewayEntry>,
) => GatewayEntry | undefined;

export interface WriterDeps {
  readonly client: KubeClient;
  readonly reader: ConfigReader;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of the gateway. */
  readonly gateway: string;
  /** Called after a write, before the callers of change are answered. */
  readonly written: (namespace: string) => Promise<void>;
}

interface Change {
  readonly key: FunctionKey;
  readonly change: EntryChange;
  readonly resolve: (entry: GatewayEntry | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Milliseconds that more changes wait for the next write after one of several functions: so many times what that took,
 * since a write of all functions costs the API server much. One function alone waits for nobody.
 */
const restPerWrite = 4;
const shortestRestMs = 200;
const longestRestMs = 3_000;
const conflictRetries = 4;

/**
 * Guarantees: a write is guarded by resourceVersion, so two operators never undo each other; nothing is written when the
 * rendered data is what is stored.
 * Errors: change rejects with what its own EntryChange threw, with NameTaken, or with the API server's error.
 */
export class GatewayWriter {
  readonly #deps: WriterDeps;
  readonly #batches: Batches<Change>;

  constructor(deps: WriterDeps) {
    this.#deps = deps;
    this.#batches = new Batches(deps.clock, (namespace, changes) => this.#write(namespace, changes));
  }

  /** The entry as it is stored afterwards. gatherMs is how long others may join the write, when none is under way. */
  change(
    namespace: string,
    key: FunctionKey,
    change: EntryChange,
    gatherMs = 0,
  ): Promise<GatewayEntry | undefined> {
    const { promise, ...answers } = Promise.withResolvers<GatewayEntry | undefined>();
    this.#batches.add(namespace, [{ key, change, ...answers }], gatherMs);
    return promise;
  }

  /** Puts back those of entries that are not stored, in one write. */
  async restore(namespace: string, entries: readonly GatewayEntry[]): Promise<void> {
    const restored = entries.map((entry) => ({
      key: entry.key,
      change: (stored: GatewayEntry | undefined) => stored ?? entry,
      ...Promise.withResolvers<GatewayEntry | undefined>(),
    }));
    this.#batches.add(namespace, restored);
    await Promise.all(restored.map(({ promise }) => promise));
  }

  async #write(namespace: string, changes: readonly Change[]): Promise<number> {
    const { clock, log, reader } = this.#deps;
    const began = clock.now();
    for (let attempt = 0; ; attempt += 1) {
      const stored = await (attempt === 0 ? reader.read(namespace) : reader.fresh(namespace));
      const { entries, answers } = applyChanges(stored?.entries ?? [], changes);
      try {
        const wrote = await this.#store(namespace, stored?.config, renderConfig(entries));
        if (wrote) await this.#deps.written(namespace);
        for (const answer of answers) answer();
        return wrote && changes.length > 1 ? restAfter(clock.now() - began) : 0;
      } catch (error) {
        if (!isConflict(error) || attempt >= conflictRetries) throw error;
        log.debug({ namespace }, "gateway configuration changed meanwhile, rendering again");
      }
    }
  }

  async #store(
    namespace: string,
    stored: ConfigMap | undefined,
    data: Record<string, string>,
  ): Promise<boolean> {
    const { client, reader, gateway } = this.#deps;
    if (stored === undefined) {
      const foreign = reader.foreign(namespace);
      if (foreign !== undefined) throw new NameTaken(configMaps, foreign);
      reader.wrote(namespace, await client.create(configMaps, newConfigMap(gateway, namespace, data)));
      return true;
    }
    const patch = mapPatch(stored.data ?? {}, data);
    if (Object.keys(patch).length === 0) return false;
    const metadata = { resourceVersion: stored.metadata.resourceVersion };
    const body = { metadata, data: patch };
    reader.wrote(namespace, await client.merge(configMaps, { namespace, name: gateway }, body));
    return true;
  }
}

function restAfter(took: number): number {
  return Math.min(Math.max(shortestRestMs, restPerWrite * took), longestRestMs);
}

function applyChanges(stored: readonly GatewayEntry[], changes: readonly Change[]) {
  const entries = new Map(stored.map((entry) => [entry.key, entry]));
  const answers: (() => void)[] = [];
  for (const { key, change, resolve, reject } of changes) {
    try {
      const entry = change(entries.get(key), entries);
      if (entry === undefined) entries.delete(key);
      else entries.set(key, entry);
      answers.push(() => resolve(entry));
    } catch (error) {
      answers.push(() => reject(error));
    }
  }
  return { entries: [...entries.values()], answers };
}

function newConfigMap(gateway: string, namespace: string, data: Record<string, string>): ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: gateway, namespace, labels: gatewayLabels(gateway) },
    data,
  };
}
