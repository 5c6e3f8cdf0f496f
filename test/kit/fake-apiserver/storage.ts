/** The objects and their history: one counter of resource versions, as etcd's revision is. */
import type { Resource } from "../../../operator/kube/resource.ts";
import { withMetadata, type StoredObject } from "./json.ts";

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/** Who made a change over HTTP; undefined fields when it was made inside the process. */
export interface Actor {
  readonly manager: string;
  /** Bearer token, by which tests tell clients apart. */
  readonly token?: string;
  /** The value of the header x-ebb-reconcile. */
  readonly reconcile?: string;
}

/** One committed change. */
export interface Change {
  readonly revision: number;
  readonly type: ChangeType;
  readonly resource: Resource;
  /** After the change; for DELETED the last state with the revision of the deletion. */
  readonly object: StoredObject;
  readonly before: StoredObject | undefined;
  readonly actor: Actor;
}

export type ChangeListener = (change: Change) => void;

/** `group/plural`: versions of a kind share their objects. */
export function collectionOf(resource: Resource): string {
  return `${resource.group}/${resource.plural}`;
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

/** Guarantees: listeners are called in order, within the commit, before any answer leaves. */
export class Storage {
  #revision = 1000;
  #compacted = 0;
  readonly #collections = new Map<string, Map<string, StoredObject>>();
  #history: Change[] = [];
  readonly #listeners = new Set<ChangeListener>();

  get revision(): number {
    return this.#revision;
  }

  /** Versions below it are gone. */
  get compacted(): number {
    return this.#compacted;
  }

  get(resource: Resource, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.#collections.get(collectionOf(resource))?.get(keyOf(namespace, name));
  }

  /** Sorted by namespace and name; those of every namespace when it is undefined. */
  list(resource: Resource, namespace?: string): StoredObject[] {
    const all = [...(this.#collections.get(collectionOf(resource)) ?? [])];
    const wanted = namespace === undefined ? all : all.filter(([key]) => key.startsWith(`${namespace}/`));
    return wanted.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Stores object with a new resource version; for DELETED removes it. */
  commit(type: ChangeType, resource: Resource, object: StoredObject, actor: Actor): StoredObject {
    this.#revision += 1;
    const stored = withMetadata(object, { resourceVersion: String(this.#revision) });
    const { namespace, name } = stored.metadata;
    const collection = this.#collection(resource);
    const key = keyOf(namespace, name);
    const before = collection.get(key);
    if (type === "DELETED") collection.delete(key);
    else collection.set(key, stored);
    const change: Change = { revision: this.#revision, type, resource, object: stored, before, actor };
    this.#history.push(change);
    for (const listener of this.#listeners) listener(change);
    return stored;
  }

  /** Changes of a kind after a revision; undefined when some of them are compacted away. */
  since(resource: Resource, revision: number): readonly Change[] | undefined {
    if (revision < this.#compacted) return undefined;
    const collection = collectionOf(resource);
    return this.#history.filter(
      (change) => change.revision > revision && collectionOf(change.resource) === collection,
    );
  }

  /** Forgets the history up to now. */
  compact(): void {
    this.#compacted = this.#revision;
    this.#history = [];
  }

  /** Returns the way to unsubscribe. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #collection(resource: Resource): Map<string, StoredObject> {
    const name = collectionOf(resource);
    const found = this.#collections.get(name) ?? new Map<string, StoredObject>();
    this.#collections.set(name, found);
    return found;
  }
}
