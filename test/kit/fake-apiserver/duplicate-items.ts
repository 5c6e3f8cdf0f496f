/** Items of a custom resource's lists that are there twice though their list is a map or a set. */
import type { Cause } from "./api-failure.ts";
import { itemElement } from "./field-set.ts";
import { childTopology, plain, type Topology } from "./field-topology.ts";
import { isArray, isObject } from "./json.ts";

export function duplicateItems(value: unknown, topology: Topology, path = ""): Cause[] {
  if (isArray(value)) {
    const below = value.flatMap((item, at) =>
      duplicateItems(item, topology.items ?? plain, `${path}[${at}]`),
    );
    return topology.list === undefined ? below : [...repeated(value, topology, path), ...below];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([field, child]) =>
    duplicateItems(child, childTopology(topology, field), path === "" ? field : `${path}.${field}`),
  );
}

function repeated(items: readonly unknown[], topology: Topology, path: string): Cause[] {
  const elements = items.map((item) => itemElement(item, topology));
  return elements.flatMap((element, at) => {
    if (elements.indexOf(element) === at) return [];
    return [
      {
        field: `${path}[${at}]`,
        reason: "FieldValueDuplicate",
        message: `Duplicate value: ${element.slice(2)}`,
      },
    ];
  });
}
