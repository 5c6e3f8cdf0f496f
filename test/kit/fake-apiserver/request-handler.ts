/** Answers API requests from the storage: verbs to object operations. */
import { apiVersionOf, type Ref } from "../../../operator/kube/resource.ts";
import { reviewed } from "./access-review.ts";
import { ApiFailure, badRequest, methodNotAllowed, notFound } from "./api-failure.ts";
import { numberParameter, type ApiRequest } from "./api-request.ts";
import { checkBudgets } from "./eviction.ts";
import { applied } from "./server-side-apply.ts";
import { asStoredObject, isObject, objectAt, type JsonObject, type StoredObject } from "./json.ts";
import type { Kind, KindIndex } from "./kind.ts";
import { Lister, predicateOf } from "./lists.ts";
import type { DeleteOptions, ObjectApi, UpdateOptions } from "./object-api.ts";
import { jsonPatched, mergePatched } from "./patch.ts";
import { representationFor } from "./representation.ts";
import { scaled, scaleOf } from "./scale.ts";
import type { Storage } from "./storage.ts";

export interface Answer {
  readonly code: number;
  readonly body: JsonObject;
}

export interface HandlerDeps {
  readonly storage: Storage;
  readonly kinds: KindIndex;
  readonly api: ObjectApi;
}

/** Returns a function that answers every verb but watch. Errors: ApiFailure. */
export function requestHandler(deps: HandlerDeps): (request: ApiRequest) => Answer {
  const lister = new Lister(deps.storage);
  return (request) => {
    switch (request.verb) {
      case "get":
        return shown(request, 200, deps.api.get(request.kind, refOf(request)));
      case "create":
        return request.subresource === "eviction" ? evict(deps, request) : create(deps, request);
      case "update":
        return update(deps, request);
      case "patch":
        return isApply(request) ? apply(deps, request) : patch(deps, request);
      case "delete":
        return remove(deps, request);
      case "deletecollection":
        return removeAll(deps, request, lister);
      default:
        return { code: 200, body: lister.list(request) };
    }
  };
}

function isApply({ contentType }: ApiRequest): boolean {
  return contentType.startsWith("application/apply-patch");
}

function refOf({ namespace, name }: ApiRequest): Ref {
  if (name === undefined) throw methodNotAllowed();
  return namespace === undefined ? { name } : { namespace, name };
}

function shown(request: ApiRequest, code: number, object: StoredObject): Answer {
  const body = request.subresource === "scale" ? scaleOf(object) : object;
  return { code, body: representationFor(request.accept).object(body) };
}

function optionsOf({ actor, query, subresource }: ApiRequest): UpdateOptions {
  return {
    actor,
    dryRun: query.get("dryRun") === "All",
    strict: query.get("fieldValidation") === "Strict",
    ...(isWritable(subresource) ? { subresource } : {}),
  };
}

function isWritable(name: string | undefined): name is NonNullable<UpdateOptions["subresource"]> {
  return name === "status" || name === "scale" || name === "finalize";
}

/** The object of the body, of the kind that the path names. Errors: 400. */
function bodyObject(request: ApiRequest): StoredObject {
  const object = asStoredObject(request.body);
  if (object === undefined) throw badRequest("Object 'Kind' is missing in the request body");
  const { kind, namespace } = request;
  if (request.subresource === "scale") return object;
  if (object.kind !== kind.kind || object.apiVersion !== apiVersionOf(kind)) {
    throw badRequest(`${object.kind} in version "${object.apiVersion}" cannot be handled as a ${kind.kind}`);
  }
  if (kind.namespaced && object.metadata.namespace !== undefined && object.metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return object;
}

function create({ api, storage, kinds }: HandlerDeps, request: ApiRequest): Answer {
  if (request.kind.isQuestion === true) return { code: 201, body: reviewed({ storage, kinds }, request) };
  if (request.subresource !== undefined) throw methodNotAllowed();
  return shown(
    request,
    201,
    api.create(request.kind, request.namespace, bodyObject(request), optionsOf(request)),
  );
}

function update({ api }: HandlerDeps, request: ApiRequest): Answer {
  const given = bodyObject(request);
  const isScale = request.subresource === "scale";
  const change = (live: StoredObject): StoredObject => (isScale ? scaled(live, given) : given);
  return shown(request, 200, api.update(request.kind, refOf(request), change, optionsOf(request)));
}

function patch({ api }: HandlerDeps, request: ApiRequest): Answer {
  const change = patcher(request);
  const isScale = request.subresource === "scale";
  const next = (live: StoredObject): StoredObject =>
    isScale ? scaled(live, change(scaleOf(live))) : change(live);
  return shown(request, 200, api.update(request.kind, refOf(request), next, optionsOf(request)));
}

function patcher({ contentType, body }: ApiRequest): (live: StoredObject) => StoredObject {
  if (contentType.startsWith("application/json-patch+json")) return (live) => jsonPatched(live, body);
  if (contentType.startsWith("application/merge-patch+json")) return (live) => mergePatched(live, body);
  const message = `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml`;
  throw new ApiFailure(415, "UnsupportedMediaType", message);
}

function apply({ api, storage }: HandlerDeps, request: ApiRequest): Answer {
  const { kind, query, actor, namespace, subresource } = request;
  if (query.get("fieldManager") === null) {
    const message = `PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch`;
    throw new ApiFailure(422, "Invalid", message);
  }
  const config = bodyObject(request);
  const ref = refOf(request);
  if (config.metadata.managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
  const writer = api.writer(kind, actor, "Apply", subresource);
  const change = (live: StoredObject): StoredObject => {
    const next = applied(live, config, kind.topology, writer, query.get("force") === "true");
    const { uid, resourceVersion } = config.metadata;
    return {
      ...next,
      metadata: {
        ...next.metadata,
        ...(uid ? { uid } : {}),
        ...(resourceVersion ? { resourceVersion } : {}),
      },
    };
  };
  const options = { ...optionsOf(request), ownersSettled: true };
  if (storage.get(kind, namespace, ref.name) !== undefined) {
    return shown(request, 200, api.update(kind, ref, change, options));
  }
  if (config.metadata.uid !== undefined || subresource !== undefined) throw notFound(kind, ref.name);
  const bare: StoredObject = {
    apiVersion: config.apiVersion,
    kind: config.kind,
    metadata: { name: ref.name },
  };
  return shown(request, 201, api.create(kind, namespace, change(bare), options));
}

function deleteOptions(request: ApiRequest): DeleteOptions {
  const body = isObject(request.body) ? request.body : {};
  const { uid, resourceVersion } = objectAt(body, "preconditions");
  const policy = request.query.get("propagationPolicy") ?? body["propagationPolicy"];
  const grace = numberParameter(request.query, "gracePeriodSeconds") ?? body["gracePeriodSeconds"];
  return {
    ...optionsOf(request),
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
    ...(typeof policy === "string" ? { propagationPolicy: policy } : {}),
    ...(typeof grace === "number" ? { gracePeriodSeconds: grace } : {}),
  };
}

function remove({ api }: HandlerDeps, request: ApiRequest): Answer {
  const ref = refOf(request);
  const { uid = "" } = api.get(request.kind, ref).metadata;
  const left = api.delete(request.kind, ref, deleteOptions(request));
  if (left !== undefined) return shown(request, 200, left);
  return { code: 200, body: success(request.kind, ref.name, uid) };
}

function success({ group, plural }: Kind, name: string, uid: string): JsonObject {
  const details = { name, ...(group === "" ? {} : { group }), kind: plural, uid };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
}

function removeAll({ api, storage }: HandlerDeps, request: ApiRequest, lister: Lister): Answer {
  const { kind, namespace, query } = request;
  const before = lister.list(request);
  const doomed = storage.list(kind, namespace).filter(predicateOf(kind, query));
  for (const { metadata } of doomed) {
    api.delete(
      kind,
      { name: metadata.name, ...(namespace === undefined ? {} : { namespace }) },
      deleteOptions(request),
    );
  }
  return { code: 200, body: before };
}

function evict({ api, storage, kinds }: HandlerDeps, request: ApiRequest): Answer {
  const ref = refOf(request);
  const pod = api.get(request.kind, ref);
  const budgets = kinds.byKind("policy/v1", "PodDisruptionBudget");
  const all = budgets === undefined ? [] : storage.list(budgets, request.namespace);
  checkBudgets(pod, storage.list(request.kind, request.namespace), all);
  api.delete(request.kind, ref, {
    ...optionsOf(request),
    ...deleteOptions({ ...request, body: objectAt(request.body, "deleteOptions") }),
  });
  return {
    code: 201,
    body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 },
  };
}
