/** Structural OpenAPI schemas of CRDs: pruning, defaulting, and which lists merge by key. */
import type { Topology } from "./field-topology.ts";
import { metadataTopology } from "./field-topology.ts";
import { arrayAt, isArray, isObject, objectAt, type JsonObject } from "./json.ts";

export type Schema = JsonObject;

export function properties(schema: Schema): Readonly<Record<string, Schema>> {
  return objectAt(schema, "properties") as Readonly<Record<string, Schema>>;
}

function subschema(schema: Schema, key: "items" | "additionalProperties"): Schema | undefined {
  const found = schema[key];
  return isObject(found) ? found : undefined;
}

export function itemsOf(schema: Schema): Schema | undefined {
  return subschema(schema, "items");
}

export function valuesOf(schema: Schema): Schema | undefined {
  return subschema(schema, "additionalProperties");
}

/** Value without the fields that schema does not name; their paths are added to unknown. */
export function prune(value: unknown, schema: Schema, path: string, unknown: string[]): unknown {
  if (isArray(value)) {
    const items = itemsOf(schema);
    return items === undefined
      ? value
      : value.map((item, at) => prune(item, items, `${path}[${at}]`, unknown));
  }
  if (!isObject(value)) return value;
  const known = properties(schema);
  const values = valuesOf(schema);
  const entries = Object.entries(value).flatMap(([field, child]) => {
    const below = known[field] ?? values;
    const at = path === "" ? field : `${path}.${field}`;
    if (below !== undefined) return [[field, prune(child, below, at, unknown)] as const];
    if (schema["x-kubernetes-preserve-unknown-fields"] === true) return [[field, child] as const];
    unknown.push(at);
    return [];
  });
  return Object.fromEntries(entries);
}

/** Value with absent fields set to their defaults; null where null is not allowed counts as absent. */
export function withDefaults(value: unknown, schema: Schema): unknown {
  if (isArray(value)) {
    const items = itemsOf(schema);
    return items === undefined ? value : value.map((item) => withDefaults(item, items));
  }
  if (!isObject(value)) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [field, below] of Object.entries(properties(schema))) {
    const hasDefault = below["default"] !== undefined;
    if (filled[field] === null && below["nullable"] !== true && hasDefault) delete filled[field];
    if (filled[field] === undefined && hasDefault) filled[field] = structuredClone(below["default"]);
    if (filled[field] !== undefined) filled[field] = withDefaults(filled[field], below);
  }
  const values = valuesOf(schema);
  if (values === undefined) return filled;
  return Object.fromEntries(
    Object.entries(filled).map(([field, child]) => [field, withDefaults(child, values)]),
  );
}

/** Topology that a schema's x-kubernetes-list-type and -map-type describe. */
export function topologyOf(schema: Schema): Topology {
  const fields = Object.entries(properties(schema)).map(
    ([field, below]) => [field, topologyOf(below)] as const,
  );
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  const kind = schema["x-kubernetes-list-type"];
  const keys = arrayAt(schema, "x-kubernetes-list-map-keys").map((key) => {
    const fallback = items === undefined ? undefined : properties(items)[String(key)]?.["default"];
    return [String(key), fallback] as const;
  });
  return {
    ...(kind === "map" || kind === "set" ? { list: kind } : {}),
    ...(keys.length === 0 ? {} : { keys: Object.fromEntries(keys) }),
    ...(schema["x-kubernetes-map-type"] === "atomic" ? { atomic: true } : {}),
    ...(fields.length === 0 ? {} : { fields: Object.fromEntries(fields) }),
    ...(items === undefined ? {} : { items: topologyOf(items) }),
    ...(values === undefined ? {} : { values: topologyOf(values) }),
  };
}

/** Topology of a custom resource: metadata merges as everywhere. */
export function resourceTopology(schema: Schema): Topology {
  const topology = topologyOf(schema);
  return { ...topology, fields: { ...topology.fields, metadata: metadataTopology } };
}
