/** Server-side apply: merges a configuration into the live object and settles who owns what. */
import { ApiFailure } from "./api-failure.ts";
import {
  changedFields,
  difference,
  elementsOf,
  emptySet,
  fieldsOf,
  intersection,
  isEmptySet,
  itemElement,
  pathsOf,
  toFieldsV1,
  union,
  type FieldSet,
} from "./field-set.ts";
import { childTopology, plain, type Topology } from "./field-topology.ts";
import {
  asStoredObject,
  equalJson,
  isArray,
  isObject,
  objectAt,
  type JsonObject,
  type StoredObject,
} from "./json.ts";
import {
  isSameWriter,
  newEntry,
  ownable,
  readOwners,
  unownedMetadata,
  withOwners,
  type Owned,
  type Writer,
} from "./managed-fields.ts";

function merged(live: unknown, config: unknown, topology: Topology): unknown {
  if (isObject(live) && isObject(config) && topology.atomic !== true) {
    const changes = Object.entries(config).map(
      ([field, value]) => [field, merged(live[field], value, childTopology(topology, field))] as const,
    );
    return { ...live, ...Object.fromEntries(changes) };
  }
  if (isArray(live) && isArray(config) && topology.list !== undefined)
    return mergedList(live, config, topology);
  return config;
}

function mergedList(live: readonly unknown[], config: readonly unknown[], topology: Topology): unknown[] {
  const rest = new Map(config.map((item) => [itemElement(item, topology), item]));
  const kept = live.map((item) => {
    const element = itemElement(item, topology);
    const change = rest.get(element);
    rest.delete(element);
    return change === undefined ? item : merged(item, change, topology.items ?? plain);
  });
  return [...kept, ...rest.values()];
}

/** value without the fields of gone; what keep names, or has parts below, stays. */
function pruned(value: unknown, gone: FieldSet, keep: FieldSet, topology: Topology): unknown {
  const elements = elementsOf(value, topology);
  if (elements === undefined) return value;
  const left = elements.flatMap(([name, child, below]) => {
    const drop = gone.children.get(name);
    if (drop === undefined) return [[name, child] as const];
    const kept = keep.children.get(name) ?? emptySet;
    if (drop.member && isEmptySet(kept)) return [];
    const rest = pruned(child, drop, kept, below);
    const emptied = sizeOf(child) !== 0 && sizeOf(rest) === 0;
    return emptied && isEmptySet(kept) ? [] : [[name, rest] as const];
  });
  if (isArray(value)) return left.map(([, item]) => item);
  return Object.fromEntries(left.map(([name, child]) => [name.slice(2), child]));
}

function sizeOf(value: unknown): number | undefined {
  return typeof value === "object" && value !== null ? Object.keys(value).length : undefined;
}

function conflictFailure(conflicts: readonly (readonly [Owned, FieldSet])[]): ApiFailure {
  const causes = conflicts.flatMap(([{ entry }, fields]) => {
    const using = entry.operation === "Update" ? ` using ${entry.apiVersion ?? ""}` : "";
    const message = `conflict with "${entry.manager ?? ""}"${using}`;
    return pathsOf(fields).map((field) => ({ field, reason: "FieldManagerConflict", message }));
  });
  const list = causes.map(({ field, message }) => `${message}: ${field}`);
  const count = `${causes.length} conflict${causes.length === 1 ? "" : "s"}`;
  return new ApiFailure(409, "Conflict", `Apply failed with ${count}: ${list.join("\n")}`, { causes });
}

/** What an apply makes of the live object, with the owners that follow. Errors: 409 for conflicts unless forced. */
export function applied(
  live: StoredObject,
  config: StoredObject,
  topology: Topology,
  writer: Writer,
  force: boolean,
): StoredObject {
  const owners = readOwners(live);
  const mine = owners.find(({ entry }) => isSameWriter(entry, writer));
  const others = owners.filter((owned) => owned !== mine);
  const liveFields = ownable(live);
  const wanted = fieldsOf(ownable(config), topology);
  const combined = merged(liveFields, ownable(config), topology);
  const changed = changedFields(liveFields, combined, topology, equalJson);
  const conflicts = others
    .map((owned) => [owned, intersection(owned.fields, changed)] as const)
    .filter(([, fields]) => !isEmptySet(fields));
  if (!force && conflicts.length > 0) throw conflictFailure(conflicts);
  const keep = others.reduce((all, { fields }) => union(all, fields), wanted);
  const result = pruned(combined, difference(mine?.fields ?? emptySet, keep), keep, topology);
  const present = isObject(result) ? result : {};
  const left = others.map(({ entry, fields }) => ({ entry, fields: difference(fields, changed) }));
  return withOwners(reassembled(live, present), [
    ...left,
    { entry: entryOf(mine, wanted, writer), fields: wanted },
  ]);
}

function entryOf(mine: Owned | undefined, wanted: FieldSet, writer: Writer): Owned["entry"] {
  const unchanged = mine !== undefined && equalJson(toFieldsV1(mine.fields), toFieldsV1(wanted));
  return unchanged ? mine.entry : newEntry(writer);
}

function reassembled(live: StoredObject, fields: JsonObject): StoredObject {
  const metadata = { ...unownedMetadata(live), ...objectAt(fields, "metadata") };
  const object = { ...fields, apiVersion: live.apiVersion, kind: live.kind, metadata };
  return asStoredObject(object) ?? live;
}
