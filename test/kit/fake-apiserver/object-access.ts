/** Reads and changes of the fake's objects inside the process, past HTTP and its faults. */
import { namespaces } from "../../../operator/kube/objects.ts";
import { apiVersionOf, type KubeObject, type Ref, type Resource } from "../../../operator/kube/resource.ts";
import { asStoredObject, type StoredObject } from "./json.ts";
import type { Kind } from "./kind.ts";
import type { DeleteOptions, ObjectApi } from "./object-api.ts";
import type { Storage } from "./storage.ts";

const defaultManager = "kubectl";

/** In-process changes are made as this manager unless told otherwise. */
interface ChangeOptions {
  readonly subresource?: "status";
  readonly manager?: string;
}

export interface ObjectAccess {
  read<T extends KubeObject>(resource: Resource<T>, ref: Ref): T | undefined;
  readAll<T extends KubeObject>(resource: Resource<T>, namespace?: string): T[];
  /** Creates the object, its namespace too when that is absent. */
  put<T extends KubeObject>(resource: Resource<T>, object: T, options?: ChangeOptions): T;
  /** Replaces the object by what change makes of it. */
  change<T extends KubeObject>(
    resource: Resource<T>,
    ref: Ref,
    change: (live: T) => T,
    options?: ChangeOptions,
  ): T;
  /** Deletes as a DELETE request would. */
  remove(resource: Resource, ref: Ref, options?: Omit<DeleteOptions, "actor">): void;
}

export interface AccessDeps {
  readonly storage: Storage;
  readonly api: ObjectApi;
  readonly find: (resource: Resource) => Kind;
}

/** What tests and stand-ins do in the process, past HTTP and its faults. */
export function objectAccess({ storage, api, find }: AccessDeps): ObjectAccess {
  return {
    read: <T extends KubeObject>(resource: Resource<T>, { namespace, name }: Ref) =>
      storage.get(find(resource), namespace, name) as T | undefined,
    readAll: <T extends KubeObject>(resource: Resource<T>, namespace?: string) =>
      storage.list(find(resource), namespace) as unknown as T[],
    put: (resource, object, { manager = defaultManager } = {}) => {
      const kind = find(resource);
      const typed = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...object };
      const { namespace } = object.metadata;
      if (namespace !== undefined) ensureNamespace({ storage, api, find }, namespace);
      const created = api.create(kind, namespace, stored(typed), { actor: { manager } });
      return created as unknown as typeof object;
    },
    change: <T extends KubeObject>(
      resource: Resource<T>,
      ref: Ref,
      change: (live: T) => T,
      options: ChangeOptions = {},
    ) => {
      const { manager = defaultManager, subresource } = options;
      const next = (live: StoredObject): StoredObject => stored(change(live as unknown as T));
      const writeOptions = { actor: { manager }, ...(subresource === undefined ? {} : { subresource }) };
      return api.update(find(resource), ref, next, writeOptions) as unknown as T;
    },
    remove: (resource, ref, options = {}) => {
      api.delete(find(resource), ref, { actor: { manager: defaultManager }, ...options });
    },
  };
}

function ensureNamespace({ storage, api, find }: AccessDeps, name: string): void {
  const kind = find(namespaces);
  if (storage.get(kind, undefined, name) !== undefined) return;
  const namespace: StoredObject = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  api.create(kind, undefined, namespace, { actor: { manager: defaultManager } });
}

function stored(object: KubeObject): StoredObject {
  const found = asStoredObject(object);
  if (found === undefined) throw new TypeError("the object has no apiVersion or kind");
  return found;
}
