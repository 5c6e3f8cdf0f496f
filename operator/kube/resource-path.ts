/** Paths of the API server's REST interface. */
import type { Subresource } from "./kube-client.ts";
import type { Ref, Resource } from "./resource.ts";

/** Path of a kind's collection: of one namespace, or of all when namespace is undefined. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const base =
    resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope =
    namespace === undefined || !resource.namespaced ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${base}${scope}/${resource.plural}`;
}

/** Throws TypeError when a namespaced kind is named without its namespace: that would be another resource's path. */
export function objectPath(resource: Resource, ref: Ref, subresource?: Subresource): string {
  if (resource.namespaced && ref.namespace === undefined) {
    throw new TypeError(`${resource.kind} ${ref.name} needs a namespace`);
  }
  if (ref.name === "") throw new TypeError(`${resource.kind} needs a name`);
  const path = `${collectionPath(resource, ref.namespace)}/${encodeURIComponent(ref.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}
