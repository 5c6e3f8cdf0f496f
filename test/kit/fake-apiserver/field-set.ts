/** Sets of field paths in the form of managedFields' `fieldsV1`, and the operations that ownership needs. */
import { isArray, isObject, type JsonObject } from "./json.ts";
import { childTopology, plain, type Topology } from "./field-topology.ts";

/** A node of the tree of paths; `member` says whether the path up to here is itself in the set. */
export interface FieldSet {
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const emptySet: FieldSet = { member: false, children: new Map() };
const leaf: FieldSet = { member: true, children: new Map() };

function node(member: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  return { member, children: new Map([...children].filter(([, child]) => !isEmptySet(child))) };
}

export function isEmptySet(set: FieldSet): boolean {
  return !set.member && set.children.size === 0;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const names = new Set([...a.children.keys(), ...b.children.keys()]);
  const child = (name: string) => union(a.children.get(name) ?? emptySet, b.children.get(name) ?? emptySet);
  return isEmptySet(a)
    ? b
    : isEmptySet(b)
      ? a
      : node(
          a.member || b.member,
          [...names].map((name) => [name, child(name)]),
        );
}

export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  const rest = [...a.children].map(
    ([name, child]) => [name, difference(child, b.children.get(name) ?? emptySet)] as const,
  );
  return node(a.member && !b.member, rest);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const both = [...a.children].map(
    ([name, child]) => [name, intersection(child, b.children.get(name) ?? emptySet)] as const,
  );
  return node(a.member && b.member, both);
}

/** Every member as a path in the notation of conflict messages, such as `.spec.replicas`. */
export function pathsOf(set: FieldSet, prefix = ""): string[] {
  const own = set.member ? [prefix] : [];
  const below = [...set.children].flatMap(([name, child]) => pathsOf(child, prefix + readable(name)));
  return [...own, ...below];
}

function readable(element: string): string {
  if (element.startsWith("f:")) return `.${element.slice(2)}`;
  if (element.startsWith("v:")) return `[=${element.slice(2)}]`;
  const keys: unknown = JSON.parse(element.slice(2));
  const parts = isObject(keys)
    ? Object.entries(keys).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    : [];
  return `[${parts.join(",")}]`;
}

/** The form in `metadata.managedFields[].fieldsV1`. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const own = set.member && set.children.size > 0 ? [[".", {}] as const] : [];
  return Object.fromEntries([
    ...own,
    ...[...set.children].map(([name, child]) => [name, toFieldsV1(child)] as const),
  ]);
}

export function fromFieldsV1(fields: unknown, root = true): FieldSet {
  if (!isObject(fields)) return emptySet;
  const entries = Object.entries(fields);
  const member = !root && (entries.length === 0 || "." in fields);
  return node(
    member,
    entries.filter(([name]) => name !== ".").map(([name, child]) => [name, fromFieldsV1(child, false)]),
  );
}

/** The path element that names an item of an associative list. */
export function itemElement(item: unknown, topology: Topology): string {
  if (topology.list === "set" || !isObject(item)) return `v:${JSON.stringify(item)}`;
  const keys = Object.entries(topology.keys ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const named = keys.map(([key, fallback]) => [key, item[key] ?? fallback] as const);
  return `k:${JSON.stringify(Object.fromEntries(named.filter(([, value]) => value !== undefined)))}`;
}

/** Named parts of a value that merges by element; undefined when it is owned as a whole. */
export function elementsOf(
  value: unknown,
  topology: Topology,
): readonly (readonly [string, unknown, Topology])[] | undefined {
  if (isObject(value) && topology.atomic !== true && Object.keys(value).length > 0) {
    return Object.entries(value).map(([field, child]) => [
      `f:${field}`,
      child,
      childTopology(topology, field),
    ]);
  }
  if (isArray(value) && topology.list !== undefined) {
    return value.map((item) => [itemElement(item, topology), item, topology.items ?? plain]);
  }
  return undefined;
}

/** Every field that value sets. */
export function fieldsOf(value: unknown, topology: Topology, isItem = false): FieldSet {
  const elements = elementsOf(value, topology);
  if (elements === undefined) return leaf;
  const listItems = isArray(value);
  return node(
    isItem,
    elements.map(([name, child, below]) => [name, fieldsOf(child, below, listItems)]),
  );
}

/** Fields whose value is another in next than in before, those only in next included. */
export function changedFields(
  before: unknown,
  next: unknown,
  topology: Topology,
  equal: (a: unknown, b: unknown) => boolean,
): FieldSet {
  if (equal(before, next)) return emptySet;
  const old = elementsOf(before, topology);
  const now = elementsOf(next, topology);
  if (now === undefined) return leaf;
  if (old === undefined) return fieldsOf(next, topology);
  const known = new Map(old.map(([name, value]) => [name, value]));
  return node(
    false,
    now.map(([name, value, below]) => [
      name,
      known.has(name)
        ? changedFields(known.get(name), value, below, equal)
        : fieldsOf(value, below, isArray(next)),
    ]),
  );
}
