/** The form in which a client asked for objects: whole, or only their metadata. */
import type { JsonObject, StoredObject } from "./json.ts";
import { apiVersionOf } from "../../../operator/kube/resource.ts";
import type { Kind } from "./kind.ts";

export interface Representation {
  object(object: StoredObject): JsonObject;
  list(kind: Kind, items: readonly StoredObject[], metadata: JsonObject): JsonObject;
}

const whole: Representation = {
  object: (object) => object,
  list: (kind, items, metadata) => ({
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind),
    metadata,
    items: kind.group.includes(".") && !kind.group.endsWith(".k8s.io") ? items : items.map(withoutType),
  }),
};

/** Items of built-in lists carry neither apiVersion nor kind. */
function withoutType({ apiVersion: _apiVersion, kind: _kind, ...rest }: StoredObject): JsonObject {
  return rest;
}

const partialType = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" };

const metadataOnly: Representation = {
  object: ({ metadata }) => ({ ...partialType, metadata }),
  list: (_kind, items, metadata) => ({
    kind: "PartialObjectMetadataList",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    items: items.map((item) => ({ ...partialType, metadata: item.metadata })),
  }),
};

export function representationFor(accept: string): Representation {
  return /as=PartialObjectMetadata(List)?/.test(accept) ? metadataOnly : whole;
}
