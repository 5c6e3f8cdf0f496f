/** A reflector's cache: the objects of one kind as of the latest version that its list or watch has shown. */
import type { KubeObject } from "./resource.ts";
import { isNewer } from "./resource-version.ts";
import type { Store } from "./store.ts";

/** A change of the cache. */
export type ObjectEvent<T extends KubeObject> =
  | { readonly type: "added"; readonly object: T; readonly old: undefined; readonly initial: boolean }
  | { readonly type: "modified"; readonly object: T; readonly old: T; readonly initial: false }
  /** object is the last state seen, which may be older than the one that was deleted. */
  | { readonly type: "deleted"; readonly object: T; readonly old: T; readonly initial: false };

/** A store that also takes the answers of our own writes, so that the next pass reads what this one wrote. */
export interface ObservedStore<T extends KubeObject> extends Store<T> {
  /**
   * Takes object, the answer to a write of ours, unless the cache has seen that version of the kind already. The event
   * of the write is still delivered when the watch shows it. The object must be one that the reflector's scope matches.
   */
  observe(object: T): void;
}

interface Entry<T> {
  readonly object: T;
  /** False while only observe has shown it: its event is yet to come. */
  readonly announced: boolean;
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
    this.#set({ object: this.#trim(object), announced: entry?.announced ?? false });
  }

  /** Takes a bookmark's version. */
  advance(version: string): void {
    if (isNewer(version, this.#version)) this.#version = version;
  }

  /** Takes an ADDED or MODIFIED of the watch; undefined when the cache is ahead of it. */
  upsert(raw: T): ObjectEvent<T> | undefined {
    this.advance(raw.metadata.resourceVersion ?? "");
    const entry = this.#entry(raw);
    if (isNewer(entry?.object.metadata.resourceVersion, raw.metadata.resourceVersion)) return undefined;
    return this.#put(raw, false);
  }

  /** Takes a DELETED of the watch; undefined when nothing is there. */
  remove(raw: T): ObjectEvent<T> | undefined {
    this.advance(raw.metadata.resourceVersion ?? "");
    const entry = this.#entry(raw);
    if (entry === undefined) return undefined;
    const object = this.#trim(raw);
    if (
      entry.object.metadata.uid !== object.metadata.uid &&
      isNewer(entry.object.metadata.resourceVersion, object.metadata.resourceVersion)
    ) {
      // observe has shown the successor already; the watch will add it.
      this.#set({ object: entry.object, announced: false });
      return { type: "deleted", object, old: object, initial: false };
    }
    this.#delete(object);
    return { type: "deleted", object, old: entry.object, initial: false };
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
    for (const old of this.list()) {
      if (listed.has(keyOf(old)) || ahead(this.#entry(old), version)) continue;
      this.#delete(old);
      events.push({ type: "deleted", object: old, old, initial: false });
    }
    for (const item of items) {
      const entry = this.#entry(item);
      const known =
        entry?.announced && entry.object.metadata.resourceVersion === item.metadata.resourceVersion;
      if (!known && !ahead(entry, item.metadata.resourceVersion))
        events.push(...succession(this.#put(item, initial)));
    }
    this.#version = version;
    return events;
  }

  #put(raw: T, initial: boolean): ObjectEvent<T> {
    const object = this.#trim(raw);
    const entry = this.#entry(object);
    this.#set({ object, announced: true });
    if (entry === undefined || !entry.announced) return { type: "added", object, old: undefined, initial };
    return { type: "modified", object, old: entry.object, initial: false };
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

/** A list may show another object under the same name: that is a deletion and an addition. */
function succession<T extends KubeObject>(event: ObjectEvent<T>): ObjectEvent<T>[] {
  if (event.type !== "modified" || event.old.metadata.uid === event.object.metadata.uid) return [event];
  return [
    { type: "deleted", object: event.old, old: event.old, initial: false },
    { type: "added", object: event.object, old: undefined, initial: false },
  ];
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}
