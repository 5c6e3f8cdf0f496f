/** The one writer of a gateway's configuration: changes to entries are collected, rendered and written together. */
import type { Logger } from "pino";
import type { Clock } from "../../api/clock.ts";
import type { FunctionKey } from "../../api/v1alpha1/names.ts";
import { isConflict } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { type ConfigMap, configMaps } from "../../kube/objects.ts";
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

interface Batch {
  changes: Change[];
  running: boolean;
  /** When the next write may begin. */
  next: number;
}

const coalesceMs = 200;
/** A write of all functions costs the API server much: when it is slow, more changes wait for the next one. */
const restPerWrite = 4;
const longestRestMs = 3_000;
const conflictRetries = 4;

/**
 * Guarantees: a write is guarded by resourceVersion, so two operators never undo each other; nothing is written when the
 * rendered data is what is stored.
 * Errors: change rejects with what its own EntryChange threw, with NameTaken, or with the API server's error.
 */
export class GatewayWriter {
  readonly #deps: WriterDeps;
  readonly #batches = new Map<string, Batch>();

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  /** The entry as it is stored afterwards. gatherMs is how long others may join the write, when none is under way. */
  change(
    namespace: string,
    key: FunctionKey,
    change: EntryChange,
    gatherMs = 0,
  ): Promise<GatewayEntry | undefined> {
    const batch = this.#batchOf(namespace);
    if (!batch.running && gatherMs > 0) batch.next = this.#deps.clock.now() + gatherMs;
    const stored = join(batch, key, change);
    if (!batch.running) void this.#drain(namespace, batch);
    return stored;
  }

  /** Puts back those of entries that are not stored, in one write. */
  async restore(namespace: string, entries: readonly GatewayEntry[]): Promise<void> {
    const batch = this.#batchOf(namespace);
    const restored = entries.map((entry) => join(batch, entry.key, (stored) => stored ?? entry));
    if (!batch.running) void this.#drain(namespace, batch);
    await Promise.all(restored);
  }

  #batchOf(namespace: string): Batch {
    const batch = this.#batches.get(namespace) ?? { changes: [], running: false, next: -Infinity };
    this.#batches.set(namespace, batch);
    return batch;
  }

  /** Answers every change that waits; never rejects. */
  async #drain(namespace: string, batch: Batch): Promise<void> {
    batch.running = true;
    const { clock } = this.#deps;
    while (batch.changes.length > 0) {
      const wait = batch.next - clock.now();
      if (wait > 0) await clock.sleep(wait);
      const changes = batch.changes.splice(0);
      const began = clock.now();
      try {
        if (await this.#write(namespace, changes)) batch.next = clock.now() + restAfter(clock.now() - began);
      } catch (error) {
        for (const { reject } of changes) reject(error);
      }
    }
    batch.running = false;
    this.#batches.delete(namespace);
  }

  async #write(namespace: string, changes: readonly Change[]): Promise<boolean> {
    for (let attempt = 0; ; attempt += 1) {
      const { reader } = this.#deps;
      const stored = await (attempt === 0 ? reader.read(namespace) : reader.fresh(namespace));
      const { entries, answers } = applyChanges(stored?.entries ?? [], changes);
      try {
        const wrote = await this.#store(namespace, stored?.config, renderConfig(entries));
        if (wrote) await this.#deps.written(namespace);
        for (const answer of answers) answer();
        return wrote;
      } catch (error) {
        if (!isConflict(error) || attempt >= conflictRetries) throw error;
        this.#deps.log.debug({ namespace }, "gateway configuration changed meanwhile, rendering again");
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
    const patch = dataPatch(stored.data ?? {}, data);
    if (Object.keys(patch).length === 0) return false;
    const metadata = { resourceVersion: stored.metadata.resourceVersion };
    const body = { metadata, data: patch };
    reader.wrote(namespace, await client.merge(configMaps, { namespace, name: gateway }, body));
    return true;
  }
}

/** Milliseconds until the next write, after one that took so many. */
function restAfter(took: number): number {
  return Math.min(Math.max(coalesceMs, restPerWrite * took), longestRestMs);
}

function join(batch: Batch, key: FunctionKey, change: EntryChange): Promise<GatewayEntry | undefined> {
  return new Promise((resolve, reject) => batch.changes.push({ key, change, resolve, reject }));
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

/** JSON merge patch from one data to the other; a key that goes is null. */
function dataPatch(
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): Record<string, string | null> {
  const changed = Object.entries(to).filter(([file, text]) => from[file] !== text);
  const gone = Object.keys(from).filter((file) => !(file in to));
  return { ...Object.fromEntries(changed), ...Object.fromEntries(gone.map((file) => [file, null])) };
}
