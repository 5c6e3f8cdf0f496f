/** Answers that are not a success, as Status objects worded like the real API server's. */
import type { Resource } from "../../../operator/kube/resource.ts";
import type { JsonObject } from "./json.ts";

/** One field that is wrong. */
export interface Cause {
  /** Path without a leading dot, such as `spec.env[0].name`. */
  readonly field: string;
  /** Such as `FieldValueInvalid`. */
  readonly reason: string;
  readonly message: string;
}

export interface FailureDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** Thrown inside the fake, answered as a Status. */
export class ApiFailure extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: FailureDetails;

  constructor(code: number, reason: string, message: string, details: FailureDetails = {}) {
    super(message);
    this.name = "ApiFailure";
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

/** The Status object of a failure. */
export function statusBody(failure: ApiFailure): JsonObject {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: failure.message,
    ...(failure.reason === "" ? {} : { reason: failure.reason }),
    details: failure.details,
    code: failure.code,
  };
}

/** `plural.group`, or the plural alone for the core group. */
function qualified(resource: Resource): string {
  return resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
}

function detailsOf(resource: Resource, name: string): FailureDetails {
  return { name, ...(resource.group === "" ? {} : { group: resource.group }), kind: resource.plural };
}

export function notFound(resource: Resource, name: string): ApiFailure {
  return new ApiFailure(
    404,
    "NotFound",
    `${qualified(resource)} "${name}" not found`,
    detailsOf(resource, name),
  );
}

export function noSuchPath(): ApiFailure {
  return new ApiFailure(404, "NotFound", "the server could not find the requested resource");
}

export function alreadyExists(resource: Resource, name: string): ApiFailure {
  const message = `${qualified(resource)} "${name}" already exists`;
  return new ApiFailure(409, "AlreadyExists", message, detailsOf(resource, name));
}

export function conflict(resource: Resource, name: string, why: string): ApiFailure {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new ApiFailure(409, "Conflict", message, detailsOf(resource, name));
}

export function modified(resource: Resource, name: string): ApiFailure {
  return conflict(
    resource,
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}

export function forbidden(
  resource: Resource,
  name: string,
  why: string,
  causes: readonly Cause[] = [],
): ApiFailure {
  const message = `${qualified(resource)} "${name}" is forbidden: ${why}`;
  return new ApiFailure(403, "Forbidden", message, { ...detailsOf(resource, name), causes });
}

export function badRequest(message: string): ApiFailure {
  return new ApiFailure(400, "BadRequest", message);
}

export function expired(message: string): ApiFailure {
  return new ApiFailure(410, "Expired", message);
}

export function methodNotAllowed(): ApiFailure {
  const message = "the server does not allow this method on the requested resource";
  return new ApiFailure(405, "MethodNotAllowed", message);
}

/** 422 that names every wrong field. */
export function invalid(resource: Resource, name: string, causes: readonly Cause[]): ApiFailure {
  const kind = resource.group === "" ? resource.kind : `${resource.kind}.${resource.group}`;
  const lines = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = lines.length === 1 ? (lines[0] ?? "") : `[${lines.join(", ")}]`;
  const group = resource.group === "" ? {} : { group: resource.group };
  return new ApiFailure(422, "Invalid", `${kind} "${name}" is invalid: ${text}`, {
    name,
    ...group,
    kind: resource.kind,
    causes,
  });
}
