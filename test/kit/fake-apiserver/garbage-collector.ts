/** Deletes what has lost its owners, as the garbage collector of the controller manager does. */
import type { OwnerReference } from "../../../operator/kube/resource.ts";
import { withMetadata, type StoredObject } from "./json.ts";
import type { Kind, KindIndex } from "./kind.ts";
import type { ObjectApi } from "./object-api.ts";
import type { Change, Storage } from "./storage.ts";

const actor = { manager: "kube-controller-manager" };

export interface CollectorDeps {
  readonly storage: Storage;
  readonly kinds: KindIndex;
  readonly api: ObjectApi;
}

/** Starts collecting; returns the way to stop. Reacts to a change in a later turn of the event loop. */
export function startGarbageCollector(deps: CollectorDeps): () => void {
  let running = true;
  const later = (work: () => void): void => {
    setImmediate(() => {
      if (running) work();
    });
  };
  const unsubscribe = deps.storage.subscribe((change) => {
    if (change.type === "DELETED") later(() => releaseDependents(deps, change));
    else if (needsLook(change)) later(() => examine(deps, change));
  });
  return () => {
    running = false;
    unsubscribe();
  };
}

function needsLook({ object }: Change): boolean {
  return (object.metadata.ownerReferences?.length ?? 0) > 0 || isLeaving(object);
}

function isLeaving({ metadata }: StoredObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers?.length ?? 0) > 0;
}

function dependents(deps: CollectorDeps, uid: string | undefined): [Kind, StoredObject][] {
  return deps.kinds.all.flatMap((kind) =>
    deps.storage
      .list(kind)
      .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
      .map((object): [Kind, StoredObject] => [kind, object]),
  );
}

function ownerExists(deps: CollectorDeps, owner: OwnerReference, namespace: string | undefined): boolean {
  const kind = deps.kinds.byKind(owner.apiVersion, owner.kind);
  if (kind === undefined) return true;
  const found = deps.storage.get(kind, kind.namespaced ? namespace : undefined, owner.name);
  return found?.metadata.uid === owner.uid;
}

function releaseDependents(deps: CollectorDeps, { object }: Change): void {
  for (const [kind, dependent] of dependents(deps, object.metadata.uid))
    collectIfOrphan(deps, kind, dependent);
  for (const owner of object.metadata.ownerReferences ?? [])
    finishForeground(deps, owner, object.metadata.namespace);
}

function collectIfOrphan(deps: CollectorDeps, kind: Kind, object: StoredObject): void {
  const { namespace, name, uid, ownerReferences = [] } = object.metadata;
  if (ownerReferences.length === 0 || object.metadata.deletionTimestamp !== undefined) return;
  if (ownerReferences.some((owner) => ownerExists(deps, owner, namespace))) return;
  if (deps.storage.get(kind, namespace, name)?.metadata.uid !== uid) return;
  deps.api.delete(kind, refOf(object), { actor });
}

function examine(deps: CollectorDeps, { resource, object }: Change): void {
  const kind = deps.kinds.find(resource.group, resource.version, resource.plural);
  const live = kind && deps.storage.get(kind, object.metadata.namespace, object.metadata.name);
  if (kind === undefined || live === undefined || live.metadata.uid !== object.metadata.uid) return;
  collectIfOrphan(deps, kind, live);
  if (!isLeaving(live)) return;
  if (live.metadata.finalizers?.includes("orphan")) orphanDependents(deps, kind, live);
  if (live.metadata.finalizers?.includes("foregroundDeletion")) deleteInForeground(deps, kind, live);
}

function orphanDependents(deps: CollectorDeps, kind: Kind, owner: StoredObject): void {
  for (const [dependentKind, object] of dependents(deps, owner.metadata.uid)) {
    const left = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
    deps.api.update(dependentKind, refOf(object), (live) => withMetadata(live, { ownerReferences: left }), {
      actor,
    });
  }
  dropFinalizer(deps, kind, owner, "orphan");
}

function deleteInForeground(deps: CollectorDeps, kind: Kind, owner: StoredObject): void {
  const waiting = dependents(deps, owner.metadata.uid);
  const blocking = waiting.filter(([, object]) =>
    object.metadata.ownerReferences?.some(
      (ref) => ref.uid === owner.metadata.uid && ref.blockOwnerDeletion === true,
    ),
  );
  for (const [dependentKind, object] of waiting) {
    if (object.metadata.deletionTimestamp === undefined)
      deps.api.delete(dependentKind, refOf(object), { actor });
  }
  const left = blocking.some(([of, object]) =>
    deps.storage.get(of, object.metadata.namespace, object.metadata.name),
  );
  if (!left) dropFinalizer(deps, kind, owner, "foregroundDeletion");
}

function finishForeground(deps: CollectorDeps, owner: OwnerReference, namespace: string | undefined): void {
  const kind = deps.kinds.byKind(owner.apiVersion, owner.kind);
  const live = kind && deps.storage.get(kind, kind.namespaced ? namespace : undefined, owner.name);
  if (kind === undefined || live?.metadata.uid !== owner.uid || !isLeaving(live)) return;
  if (live.metadata.finalizers?.includes("foregroundDeletion")) deleteInForeground(deps, kind, live);
}

function dropFinalizer(deps: CollectorDeps, kind: Kind, object: StoredObject, name: string): void {
  if (
    deps.storage.get(kind, object.metadata.namespace, object.metadata.name)?.metadata.uid !==
    object.metadata.uid
  )
    return;
  const drop = (live: StoredObject): StoredObject =>
    withMetadata(live, { finalizers: live.metadata.finalizers?.filter((finalizer) => finalizer !== name) });
  deps.api.update(kind, refOf(object), drop, { actor });
}

function refOf({ metadata }: StoredObject): { name: string; namespace?: string } {
  return {
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  };
}
