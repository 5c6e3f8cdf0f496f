/** Checks that every create passes: a name, and a namespace that exists and is not on its way out. */
import * as failure from "./api-failure.ts";
import type { StoredObject } from "./json.ts";
import type { Kind } from "./kind.ts";
import type { Storage } from "./storage.ts";

const namespaces = { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false };
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Errors: 422 for a bad name, 404 for a namespace that is absent, 403 for one that is terminating. */
export function admitCreate(storage: Storage, kind: Kind, object: StoredObject): void {
  checkName(kind, object.metadata.name);
  if (!kind.namespaced) return;
  const name = object.metadata.namespace ?? "";
  const namespace = storage.get(namespaces, undefined, name);
  if (namespace === undefined) throw failure.notFound(namespaces, name);
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${name} is being terminated`,
    field: "metadata.namespace",
  };
  throw failure.forbidden(kind, object.metadata.name, why, [cause]);
}

function checkName(kind: Kind, name: string): void {
  if (name === "") {
    const message = "Required value: name or generateName is required";
    throw failure.invalid(kind, name, [{ field: "metadata.name", reason: "FieldValueRequired", message }]);
  }
  if (name.length <= 253 && dnsSubdomain.test(name)) return;
  const message = `Invalid value: ${JSON.stringify(name)}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`;
  throw failure.invalid(kind, name, [{ field: "metadata.name", reason: "FieldValueInvalid", message }]);
}
