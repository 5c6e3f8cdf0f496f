/** Who owns which field: keeps `metadata.managedFields` over updates and applies. */
import type { ManagedFieldsEntry } from "../../../operator/kube/resource.ts";
import {
  changedFields,
  difference,
  emptySet,
  fieldsOf,
  fromFieldsV1,
  isEmptySet,
  toFieldsV1,
  union,
  type FieldSet,
} from "./field-set.ts";
import type { Topology } from "./field-topology.ts";
import {
  equalJson,
  isObject,
  valueAt,
  without,
  withMetadata,
  type JsonObject,
  type StoredObject,
} from "./json.ts";

/** Who writes: a manager's updates and applies are owned apart. */
export interface Writer {
  readonly manager: string;
  readonly operation: "Update" | "Apply";
  readonly subresource: string | undefined;
  readonly apiVersion: string;
  /** RFC 3339. */
  readonly time: string;
}

/** An entry of managedFields with all that the API server writes. */
export interface Entry extends ManagedFieldsEntry {
  readonly apiVersion?: string;
}

/** One manager's entry with its set parsed. */
export interface Owned {
  readonly entry: Entry;
  readonly fields: FieldSet;
}

const unowned = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "resourceVersion",
  "generation",
  "generateName",
  "selfLink",
  "managedFields",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
];

/** The part of an object whose fields have owners. */
export function ownable(object: StoredObject): JsonObject {
  const metadata = without({ ...object.metadata }, ...unowned);
  const rest = without(object, "apiVersion", "kind", "metadata");
  return Object.keys(metadata).length === 0 ? rest : { ...rest, metadata };
}

/** The part of metadata that no manager owns, such as the name and the uid. */
export function unownedMetadata(object: StoredObject): JsonObject {
  return Object.fromEntries(Object.entries(object.metadata).filter(([field]) => unowned.includes(field)));
}

export function readOwners(object: StoredObject): Owned[] {
  return (object.metadata.managedFields ?? []).map((entry) => ({
    entry,
    fields: fromFieldsV1(entry.fieldsV1),
  }));
}

export function isSameWriter(entry: ManagedFieldsEntry, writer: Writer): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === writer.operation &&
    entry.subresource === writer.subresource
  );
}

/** managedFields from the sets of all owners; owners of nothing are dropped, times stay where nothing changed. */
export function withOwners(object: StoredObject, owners: readonly Owned[]): StoredObject {
  const entries = owners
    .filter(({ fields }) => !isEmptySet(fields))
    .map(({ entry, fields }) => ({ ...entry, fieldsType: "FieldsV1", fieldsV1: toFieldsV1(fields) }));
  return withMetadata(object, { managedFields: entries.length === 0 ? undefined : entries });
}

export function newEntry(writer: Writer): Entry {
  const { manager, operation, apiVersion, time, subresource } = writer;
  return { manager, operation, apiVersion, time, ...(subresource === undefined ? {} : { subresource }) };
}

function clearsManagedFields(next: StoredObject): boolean {
  const given: unknown = next.metadata.managedFields;
  return Array.isArray(given) && given.every((entry) => isObject(entry) && Object.keys(entry).length === 0);
}

/** A write to the scale subresource hands on who owns the count; one that nobody owns, as after zero, stays nobody's. */
function isUntrackedScale(before: StoredObject | undefined, { subresource }: Writer): boolean {
  const owned = before?.metadata.managedFields ?? [];
  const replicas = ["f:spec", "f:replicas"];
  return subresource === "scale" && !owned.some(({ fieldsV1 }) => valueAt(fieldsV1, replicas) !== undefined);
}

/** next with the ownership that follows when writer changed before into it. */
export function ownedAfterUpdate(
  before: StoredObject | undefined,
  next: StoredObject,
  topology: Topology,
  writer: Writer,
): StoredObject {
  if (before !== undefined && next.metadata.managedFields?.length === 1 && clearsManagedFields(next)) {
    return withMetadata(next, { managedFields: undefined });
  }
  const old = before === undefined ? {} : ownable(before);
  const now = ownable(next);
  const changed =
    before === undefined ? fieldsOf(now, topology) : changedFields(old, now, topology, equalJson);
  const removed = difference(fieldsOf(old, topology), fieldsOf(now, topology));
  const owners = before === undefined ? [] : readOwners(before);
  if ((isEmptySet(changed) && isEmptySet(removed)) || isUntrackedScale(before, writer)) {
    return withMetadata(next, { managedFields: before?.metadata.managedFields });
  }
  const others = owners
    .filter(({ entry }) => !isSameWriter(entry, writer))
    .map(({ entry, fields }) => ({ entry, fields: difference(difference(fields, changed), removed) }));
  const mine = owners.find(({ entry }) => isSameWriter(entry, writer));
  const fields = difference(union(mine?.fields ?? emptySet, changed), removed);
  const entry = isEmptySet(changed) && mine !== undefined ? mine.entry : newEntry(writer);
  return withOwners(next, [...others, { entry, fields }]);
}
