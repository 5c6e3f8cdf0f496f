/** What may change in an object and what may not, and what a deletion leaves behind. */
import * as failure from "./api-failure.ts";
import { equalJson, withMetadata, without, type JsonObject, type StoredObject } from "./json.ts";
import type { Kind } from "./kind.ts";
import type { DeleteOptions } from "./object-api.ts";

const foreground = "foregroundDeletion";

export function withoutStatus(object: StoredObject): StoredObject {
  return without(object, "status") as StoredObject;
}

/** Maps and lists of metadata are absent rather than empty, as the Go types encode them. */
export function withoutEmptyMetadata(object: StoredObject): StoredObject {
  const { labels, annotations, finalizers, ownerReferences } = object.metadata;
  return withMetadata(object, {
    labels: unlessEmpty(labels),
    annotations: unlessEmpty(annotations),
    finalizers: unlessEmpty(finalizers),
    ownerReferences: unlessEmpty(ownerReferences),
  });
}

function unlessEmpty(value: object | null | undefined): object | undefined {
  return value === undefined || value === null || Object.keys(value).length === 0 ? undefined : value;
}

export function checkIdentity(kind: Kind, live: StoredObject, wished: StoredObject): void {
  const { name, uid, resourceVersion } = wished.metadata;
  if (name !== live.metadata.name) {
    throw failure.badRequest(
      `the name of the object (${name}) does not match the name on the URL (${live.metadata.name})`,
    );
  }
  if (
    resourceVersion !== undefined &&
    resourceVersion !== "" &&
    resourceVersion !== live.metadata.resourceVersion
  ) {
    throw failure.modified(kind, name);
  }
  if (uid !== undefined && uid !== "" && uid !== live.metadata.uid) {
    throw failure.conflict(kind, name, uidMismatch(uid, live));
  }
}

function uidMismatch(uid: string, live: StoredObject): string {
  return `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ""}`;
}

export function checkPreconditions(kind: Kind, live: StoredObject, options: DeleteOptions): void {
  const { name, resourceVersion } = live.metadata;
  if (options.uid !== undefined && options.uid !== live.metadata.uid) {
    throw failure.conflict(kind, name, uidMismatch(options.uid, live));
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${options.resourceVersion}, ResourceVersion in object meta: ${resourceVersion ?? ""}`;
    throw failure.conflict(kind, name, why);
  }
}

export function checkFinalizers(kind: Kind, live: StoredObject, next: StoredObject): void {
  if (live.metadata.deletionTimestamp === undefined) return;
  const added = (next.metadata.finalizers ?? []).filter((name) => !live.metadata.finalizers?.includes(name));
  if (added.length === 0) return;
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(", ")}}`;
  throw failure.invalid(kind, live.metadata.name, [
    { field: "metadata.finalizers", reason: "FieldValueForbidden", message },
  ]);
}

/** What a write through one subresource may change. */
export function scopedTo(
  kind: Kind,
  live: StoredObject,
  wished: StoredObject,
  subresource: string | undefined,
): StoredObject {
  if (subresource === "status") {
    return {
      ...live,
      status: wished["status"],
      metadata: { ...live.metadata, managedFields: wished.metadata.managedFields ?? [] },
    };
  }
  if (!kind.subresources.includes("status") || subresource === "finalize") return wished;
  return live["status"] === undefined ? withoutStatus(wished) : { ...wished, status: live["status"] };
}

export function fixedMetadata(live: StoredObject): JsonObject {
  const { uid, creationTimestamp, deletionTimestamp, namespace, name, resourceVersion, generation } =
    live.metadata;
  const all = { uid, creationTimestamp, deletionTimestamp, namespace, name, resourceVersion, generation };
  return all;
}

export function nextGeneration(kind: Kind, live: StoredObject, next: StoredObject): number | undefined {
  const { counted } = kind.strategy;
  const generation = live.metadata.generation;
  if (counted === undefined || generation === undefined) return generation;
  return equalJson(counted(live), counted(next)) ? generation : generation + 1;
}

export function graceOf(kind: Kind, live: StoredObject, options: DeleteOptions): number {
  if (kind.kind !== "Pod") return 0;
  const spec = live["spec"] as { nodeName?: string; terminationGracePeriodSeconds?: number };
  return spec.nodeName === undefined
    ? 0
    : (options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30);
}

export function deletionFinalizers(live: StoredObject, options: DeleteOptions): readonly string[] {
  const held = live.metadata.finalizers ?? [];
  const policy = options.propagationPolicy;
  const extra = policy === "Foreground" ? [foreground] : policy === "Orphan" ? ["orphan"] : [];
  return [...held, ...extra.filter((name) => !held.includes(name))];
}

/** Whether something other than finalizers keeps a deleted object: a pod's kubelet, a namespace's content. */
export function isHeld(kind: Kind, object: StoredObject): boolean {
  if (kind.kind === "Namespace")
    return (object["spec"] as { finalizers?: string[] }).finalizers?.length !== 0;
  const grace: unknown = Reflect.get(object.metadata, "deletionGracePeriodSeconds");
  return kind.kind === "Pod" && typeof grace === "number" && grace > 0;
}
