/** Answers SubjectAccessReviews by the roles and bindings that are stored. */
import type { ApiRequest } from "./api-request.ts";
import { arrayAt, isObject, objectAt, type JsonObject, type StoredObject, valueAt } from "./json.ts";
import type { KindIndex } from "./kind.ts";
import type { Storage } from "./storage.ts";

export interface ReviewDeps {
  readonly storage: Storage;
  readonly kinds: KindIndex;
}

const group = "rbac.authorization.k8s.io";

/** The review with its status; nothing is stored. */
export function reviewed({ storage, kinds }: ReviewDeps, { body }: ApiRequest): JsonObject {
  const spec = objectAt(body, "spec");
  const asked = objectAt(spec, "resourceAttributes");
  const namespace = textOf(asked["namespace"]);
  const all = (plural: string, where?: string): StoredObject[] => {
    const kind = kinds.find(group, "v1", plural);
    return kind === undefined ? [] : storage.list(kind, where);
  };
  const rolesOf = (binding: StoredObject): StoredObject[] => {
    const { kind, name } = objectAt(binding, "roleRef");
    const roles = kind === "Role" ? all("roles", binding.metadata.namespace) : all("clusterroles");
    return roles.filter(({ metadata }) => metadata.name === name);
  };
  const bindings = [...all("rolebindings", namespace), ...all("clusterrolebindings")];
  const allowed = bindings
    .filter((binding) => binds(binding, spec))
    .flatMap(rolesOf)
    .some((role) => arrayAt(role, "rules").some((rule) => permits(rule, asked)));
  return { ...(isObject(body) ? body : {}), metadata: {}, status: { allowed } };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function binds(binding: StoredObject, spec: JsonObject): boolean {
  return arrayAt(binding, "subjects").some((subject) => {
    const { kind, name, namespace } = isObject(subject) ? subject : {};
    if (kind === "ServiceAccount")
      return spec["user"] === `system:serviceaccount:${textOf(namespace)}:${textOf(name)}`;
    return kind === "Group" ? arrayAt(spec, "groups").includes(name) : spec["user"] === name;
  });
}

/** As for an object that has no name yet: rules for some names do not count. */
function permits(rule: unknown, asked: JsonObject): boolean {
  const holds = (field: string, value: unknown): boolean => {
    const listed = arrayAt(rule, field);
    return listed.includes("*") || listed.includes(value ?? "");
  };
  return (
    holds("apiGroups", asked["group"]) &&
    holds("resources", asked["resource"]) &&
    holds("verbs", asked["verb"]) &&
    valueAt(rule, ["resourceNames"]) === undefined
  );
}
