/** List requests: selectors, and pages of one consistent snapshot. */
import { expired } from "./api-failure.ts";
import { numberParameter, type ApiRequest } from "./api-request.ts";
import type { JsonObject, StoredObject } from "./json.ts";
import type { Kind } from "./kind.ts";
import { representationFor } from "./representation.ts";
import { fieldPredicate, labelPredicate, type Predicate } from "./selectors.ts";
import type { Storage } from "./storage.ts";

interface Snapshot {
  readonly revision: number;
  readonly items: readonly StoredObject[];
}

/** What a request's selectors let through. Errors: 400. */
export function predicateOf(kind: Kind, query: URLSearchParams): Predicate {
  const byLabel = labelPredicate(query.get("labelSelector") ?? "");
  const fields = [
    "metadata.name",
    ...(kind.namespaced ? ["metadata.namespace"] : []),
    ...kind.selectableFields,
  ];
  const byField = fieldPredicate(query.get("fieldSelector") ?? "", fields);
  return (object) => byLabel(object) && byField(object);
}

/** Answers list requests; keeps the snapshots that unfinished pagings still read. */
export class Lister {
  readonly #storage: Storage;
  readonly #snapshots = new Map<number, Snapshot>();
  #lastSnapshot = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Errors: 410 when the snapshot of a continue token has been compacted. */
  list(request: ApiRequest): JsonObject {
    const token = request.query.get("continue");
    const limit = numberParameter(request.query, "limit");
    const { snapshot, id, from } = token ? this.#resume(token) : this.#begin(request);
    const rest = snapshot.items.length - from;
    const isPartial = limit !== undefined && limit > 0 && limit < rest;
    const items = snapshot.items.slice(from, isPartial ? from + limit : undefined);
    const more = isPartial ? this.#more(id, snapshot, from + limit) : {};
    const metadata = { resourceVersion: String(snapshot.revision), ...more };
    return representationFor(request.accept).list(request.kind, items, metadata);
  }

  #begin(request: ApiRequest): { snapshot: Snapshot; id: number; from: number } {
    const matches = predicateOf(request.kind, request.query);
    const items = this.#storage.list(request.kind, request.namespace).filter(matches);
    this.#lastSnapshot += 1;
    return { snapshot: { revision: this.#storage.revision, items }, id: this.#lastSnapshot, from: 0 };
  }

  #resume(token: string): { snapshot: Snapshot; id: number; from: number } {
    const [id = 0, from = 0] = Buffer.from(token, "base64url").toString("utf8").split(":").map(Number);
    const snapshot = this.#snapshots.get(id);
    if (snapshot === undefined || snapshot.revision < this.#storage.compacted) {
      throw expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
      );
    }
    return { snapshot, id, from };
  }

  #more(id: number, snapshot: Snapshot, from: number): JsonObject {
    this.#snapshots.set(id, snapshot);
    const remainingItemCount = snapshot.items.length - from;
    return { continue: Buffer.from(`${id}:${from}`).toString("base64url"), remainingItemCount };
  }
}
