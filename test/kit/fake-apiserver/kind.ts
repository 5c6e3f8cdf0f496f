/** What the fake knows of a kind: its coordinates, its subresources and the rules for its objects. */
import { apiVersionOf, type Resource } from "../../../operator/kube/resource.ts";
import type { Cause } from "./api-failure.ts";
import type { Topology } from "./field-topology.ts";
import type { JsonObject, StoredObject } from "./json.ts";

export type KindSubresource = "status" | "scale" | "eviction" | "finalize";

/** Rules that differ from kind to kind. */
export interface Strategy {
  /** Drops unknown fields, fills defaults. */
  normalize(object: StoredObject, before: StoredObject | undefined): Normalized;
  /** Wrong fields; before is undefined on create. */
  validate(object: StoredObject, before: StoredObject | undefined): readonly Cause[];
  /** What generation counts; undefined for kinds without one. */
  readonly counted: ((object: StoredObject) => JsonObject) | undefined;
}

interface Normalized {
  readonly object: StoredObject;
  /** Paths of the fields that were dropped. */
  readonly unknown: readonly string[];
}

export interface Kind extends Resource {
  readonly subresources: readonly KindSubresource[];
  readonly topology: Topology;
  /** Fields beside metadata.name and metadata.namespace that field selectors know. */
  readonly selectableFields: readonly string[];
  readonly strategy: Strategy;
}

/** The kinds that a server serves. */
export interface KindIndex {
  find(group: string, version: string, plural: string): Kind | undefined;
  /** By the apiVersion and kind of an object or an owner reference. */
  byKind(apiVersion: string, kind: string): Kind | undefined;
  readonly all: readonly Kind[];
}

export function indexKinds(all: readonly Kind[]): KindIndex {
  const byPath = new Map(all.map((kind) => [`${kind.group}/${kind.version}/${kind.plural}`, kind]));
  const byName = new Map(all.map((kind) => [`${apiVersionOf(kind)}/${kind.kind}`, kind]));
  return {
    all,
    find: (group, version, plural) => byPath.get(`${group}/${version}/${plural}`),
    byKind: (apiVersion, kind) => byName.get(`${apiVersion}/${kind}`),
  };
}
