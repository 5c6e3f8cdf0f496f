/** Events in the shape of @dot-i/k8s-operator, made from a store that is level-based. */
import { type ResourceEvent, ResourceEventType, type ResourceMeta } from "@dot-i/k8s-operator";
import type { KubeObject, Resource } from "./resource.ts";
import type { Handler } from "./run-workers.ts";
import type { Store } from "./store.ts";

export type OnResourceEvent = (event: ResourceEvent) => Promise<void>;

/** `namespace/name`, or `name` for cluster-scoped kinds: the key of an object in a work queue. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/**
 * A handler that calls onEvent with what has changed of a key since its last call that succeeded: changes in between are
 * one event, a call that throws is repeated by the queue, a deletion is always delivered.
 */
export function deliverEvents(plural: string, store: Store<KubeObject>, onEvent: OnResourceEvent): Handler {
  const delivered = new Map<string, KubeObject>();
  const deliver = async (type: ResourceEventType, object: KubeObject): Promise<void> => {
    await onEvent({ type, meta: metaOf(plural, object), object: asLibraryObject(object) });
  };
  return async (key) => {
    const [namespace, name] = key.includes("/") ? key.split("/", 2) : [undefined, key];
    const current = store.get(namespace, name ?? "");
    const former = delivered.get(key);
    if (former !== undefined && former.metadata.uid !== current?.metadata.uid) {
      await deliver(ResourceEventType.Deleted, former);
      delivered.delete(key);
    }
    if (current === undefined || current.metadata.resourceVersion === former?.metadata.resourceVersion)
      return;
    await deliver(delivered.has(key) ? ResourceEventType.Modified : ResourceEventType.Added, current);
    delivered.set(key, current);
  };
}

export function metaOf(plural: string, object: KubeObject): ResourceMeta {
  const { apiVersion = "", kind = "", metadata } = object;
  const { name, namespace, resourceVersion = "" } = metadata;
  return {
    id: `${plural}.${apiVersion}`,
    name,
    resourceVersion,
    apiVersion,
    kind,
    ...(namespace !== undefined && { namespace }),
  };
}

/** The coordinates that a meta's id and apiVersion tell. */
export function resourceOf(meta: ResourceMeta): Resource {
  const slash = meta.apiVersion.indexOf("/");
  return {
    group: slash < 0 ? "" : meta.apiVersion.slice(0, slash),
    version: meta.apiVersion.slice(slash + 1),
    plural: meta.id.slice(0, meta.id.indexOf(".")),
    kind: meta.kind,
    namespaced: meta.namespace !== undefined,
  };
}

/** The event's object as it is on the wire. */
export function fromLibraryObject(event: ResourceEvent): KubeObject {
  return event.object as unknown as KubeObject;
}

/** The library types times as Date but, as here, hands out the API server's JSON with strings. */
function asLibraryObject(object: KubeObject): ResourceEvent["object"] {
  return object as unknown as ResourceEvent["object"];
}
