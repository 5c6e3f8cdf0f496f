/** A reflector's cache: the objects of one kind as of the latest version that its list or watch has shown. */
import type { KubeObject } from "./resource.ts";
import { isNewer } from "./resource-version.ts";
import type { OptionalStore } from "./store.ts";

/** A change of the cache. */
export type ObjectEvent<T extends KubeObject> =
  | { readonly type: "added"; readonly object: T; readonly old: undefined; readonly initial: boolean }
  /** old is what the event before told of. */
  | { readonly type: "modified"; readonly object: T; readonly old: T; readonly initial: false }
  /** object is the last state seen, which may be older than the one that was deleted. */
  | { readonly type: "deleted"; readonly object: T; readonly old: T; readonly initial: false };

/** A store that also takes the answers of our own writes, so that the next pass reads what this one wrote. */
export interface ObservedStore<T extends KubeObject> extends OptionalStore<T> {
  /**
   * Takes object, the answer to a write of ours, unless the cache has seen that version of the kind already. The event
   * of the write is still delivered when the watch shows it. The object must be one that the reflector's scope matches.
   */
  observe(object: T): void;
}

interface Entry<T> {
  readonly object: T;
  /** What the latest event told of; not object while only observe has shown that: its event is yet to come. */
  readonly told: T | undefined;
}

/**
 * Guarantees: an object never goes back to an older version; each object's events are added, modified…, deleted in
 * turn; an object that was deleted is not brought back by the late answer of a write.
 * Caveats: an object that was deleted before list or watch has shown it, so that only observe knew it, is deleted without
 * having been added.
 */
export class ObjectCache<T extends KubeObject> implements ObservedStore<T> {
  readonly #namespaces = new Map<string, Map<string, Entry<T>>>();
  readonly #trim: (object: T) => T;
  #version = "";

  /** trim takes from every object what is not to be kept. */
  constructor(trim: (object: T) => T) {
    this.#trim = trim;
  }

  /** The latest version of the kind that list or watch has shown; empty before the first list. */
  get version(): string {
    return this.#version;
  }

  get isKnown(): boolean {
    return this.#version !== "";
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#namespaces.get(namespace ?? "")?.get(name)?.object;
  }

  list(namespace?: string): T[] {
    const namespaces =
      namespace === undefined ? this.#namespaces.values() : [this.#namespaces.get(namespace)];
    return [...namespaces].flatMap((entries) => [...(entries?.values() ?? [])].map((entry) => entry.object));
  }

  observe(object: T): void {
    const version = object.metadata.resourceVersion;
    const entry = this.#entry(object);
    if (!isNewer(version, this.#version) || !isNewer(version, entry?.object.metadata.resourceVersion)) return;
    this.#set({ object: this.#trim(object), told: entry?.told });
  }

  /** Takes a bookmark's version. */
  advance(version: string): void {
    if (isNewer(version, this.#version)) this.#version = version;
  }

  /** Takes an ADDED or MODIFIED of the watch; no event when the cache is ahead of it. */
  upsert(raw: T): ObjectEvent<T>[] {
    this.advance(raw.metadata.resourceVersion ?? "");
    const entry = this.#entry(raw);
    if (isNewer(entry?.object.metadata.resourceVersion, raw.metadata.resourceVersion)) return [];
    return this.#put(raw, false);
  }

  /** Takes a DELETED of the watch; no event when nothing is there. */
  remove(raw: T): ObjectEvent<T>[] {
    this.advance(raw.metadata.resourceVersion ?? "");
    const entry = this.#entry(raw);
    if (entry === undefined) return [];
    const object = this.#trim(raw);
    const hasSuccessor =
      entry.object.metadata.uid !== object.metadata.uid &&
      isNewer(entry.object.metadata.resourceVersion, object.metadata.resourceVersion);
    // observe has shown the successor already; the watch will add it.
    if (hasSuccessor) this.#set({ object: entry.object, told: undefined });
    else this.#delete(object);
    const known = hasSuccessor ? object : entry.object;
    return [{ type: "deleted", object, old: entry.told ?? known, initial: false }];
  }

  /** Takes a whole list, a snapshot at version; the events that lead from the cache to it. */
  replace(items: readonly T[], version: string): ObjectEvent<T>[] {
    const initial = this.#version === "";
    // A server restored from a backup counts on from an older version: then nothing in the cache is ahead of the list.
    const restored = isNewer(this.#version, version);
    const ahead = (entry: Entry<T> | undefined, of: string | undefined): boolean =>
      !restored && isNewer(entry?.object.metadata.resourceVersion, of);
    const listed = new Set(items.map(keyOf));
    const events: ObjectEvent<T>[] = [];
    for (const object of this.list()) {
      const entry = this.#entry(object);
      if (listed.has(keyOf(object)) || ahead(entry, version)) continue;
      this.#delete(object);
      events.push({ type: "deleted", object, old: entry?.told ?? object, initial: false });
    }
    for (const item of items) {
      const entry = this.#entry(item);
      const isTold = entry?.told?.metadata.resourceVersion === item.metadata.resourceVersion;
      if (!ahead(entry, item.metadata.resourceVersion) && !isTold) events.push(...this.#put(item, initial));
    }
    this.#version = version;
    return events;
  }

  /** Another object than the one that was told of, under the same name, is a deletion and an addition. */
  #put(raw: T, initial: boolean): ObjectEvent<T>[] {
    const object = this.#trim(raw);
    const old = this.#entry(object)?.told;
    this.#set({ object, told: object });
    if (old !== undefined && old.metadata.uid === object.metadata.uid) {
      return [{ type: "modified", object, old, initial: false }];
    }
    const added: ObjectEvent<T> = { type: "added", object, old: undefined, initial };
    return old === undefined ? [added] : [{ type: "deleted", object: old, old, initial: false }, added];
  }

  #entry(object: KubeObject): Entry<T> | undefined {
    return this.#namespaces.get(object.metadata.namespace ?? "")?.get(object.metadata.name);
  }

  #set(entry: Entry<T>): void {
    const { namespace = "", name } = entry.object.metadata;
    const entries = this.#namespaces.get(namespace) ?? new Map<string, Entry<T>>();
    this.#namespaces.set(namespace, entries.set(name, entry));
  }

  #delete(object: KubeObject): void {
    const { namespace = "", name } = object.metadata;
    const entries = this.#namespaces.get(namespace);
    entries?.delete(name);
    if (entries?.size === 0) this.#namespaces.delete(namespace);
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}
