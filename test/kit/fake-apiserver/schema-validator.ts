/** Validates custom resources against their schema, with messages worded as the API server words them. */
import { Ajv, type ErrorObject } from "ajv";
import addFormats from "ajv-formats";
import type { Cause } from "./api-failure.ts";
import { isArray, isObject, type StoredObject } from "./json.ts";
import type { Schema } from "./structural-schema.ts";

/** Finds every field of an object that its schema refuses. */
export type SchemaValidator = (object: StoredObject) => readonly Cause[];

/** The schema as plain JSON schema: without the x-kubernetes extensions and defaults, nullable as a type. */
function plainSchema(schema: unknown): unknown {
  if (isArray(schema)) return schema.map(plainSchema);
  if (!isObject(schema)) return schema;
  const { nullable, type, ...rest } = schema;
  const types = schema["x-kubernetes-int-or-string"] === true ? ["integer", "string"] : type;
  const entries = Object.entries(rest)
    .filter(
      ([key]) =>
        !key.startsWith("x-kubernetes-") && key !== "default" && key !== "description" && key !== "example",
    )
    .map(([key, value]) => [key, key === "properties" ? mapValues(value) : plainSchema(value)] as const);
  const typed = types === undefined ? {} : { type: nullable === true ? [types, "null"].flat() : types };
  return { ...Object.fromEntries(entries), ...typed };
}

function mapValues(value: unknown): unknown {
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plainSchema(child)]))
    : value;
}

export function schemaValidator(schema: Schema): SchemaValidator {
  const ajv = new Ajv({ allErrors: true, strict: false, verbose: true, validateFormats: true });
  addFormats.default(ajv);
  const validate = ajv.compile(plainSchema(schema) as Schema);
  return (object) => {
    const { metadata: _metadata, ...content } = object;
    return validate(content) ? [] : (validate.errors ?? []).map(causeOf);
  };
}

/** `/spec/env/0/name` as `spec.env[0].name`. */
function fieldOf(pointer: string): string {
  const parts = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return parts
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join("")
    .replace(/^\./, "");
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (isArray(value)) return "array";
  if (Number.isInteger(value)) return "integer";
  return typeof value;
}

type Describe = (error: ErrorObject, field: string, params: Readonly<Record<string, unknown>>) => Cause;

/** A cause whose message ends with why. */
function invalidValue(why: (params: Readonly<Record<string, unknown>>) => string): Describe {
  return ({ data }, field, params) => ({
    field: field === "" ? "<nil>" : field,
    reason: "FieldValueInvalid",
    message: `Invalid value: ${shown(data)}: ${field} in body ${why(params)}`,
  });
}

const descriptions: Readonly<Record<string, Describe>> = {
  required: (_error, field, { missingProperty }) => ({
    field: [field, String(missingProperty)].filter(Boolean).join("."),
    reason: "FieldValueRequired",
    message: "Required value",
  }),
  type: ({ data }, field, { type }) => ({
    field,
    reason: "FieldValueTypeInvalid",
    message: `Invalid value: "${typeName(data)}": ${field} in body must be of type ${String(type)}: "${typeName(data)}"`,
  }),
  enum: ({ data }, field, { allowedValues }) => {
    const supported = (isArray(allowedValues) ? allowedValues : [])
      .map((value) => JSON.stringify(value))
      .join(", ");
    const message = `Unsupported value: ${shown(data)}: supported values: ${supported}`;
    return { field, reason: "FieldValueNotSupported", message };
  },
  maxLength: (_error, field, { limit }) => ({
    field,
    reason: "FieldValueTooLong",
    message: `Too long: may not be more than ${String(limit)} bytes`,
  }),
  maxItems: ({ data }, field, { limit }) => ({
    field,
    reason: "FieldValueTooMany",
    message: `Too many: ${isArray(data) ? data.length : 0}: must have at most ${String(limit)} items`,
  }),
  pattern: invalidValue(({ pattern }) => `should match '${String(pattern)}'`),
  minLength: invalidValue(({ limit }) => `should be at least ${String(limit)} chars long`),
  minimum: invalidValue(({ limit }) => `should be greater than or equal to ${String(limit)}`),
  maximum: invalidValue(({ limit }) => `should be less than or equal to ${String(limit)}`),
  minItems: invalidValue(({ limit }) => `should have at least ${String(limit)} items`),
  minProperties: invalidValue(({ limit }) => `should have at least ${String(limit)} properties`),
};

function causeOf(error: ErrorObject): Cause {
  const describe = descriptions[error.keyword] ?? invalidValue(() => error.message ?? error.keyword);
  return describe(error, fieldOf(error.instancePath), error.params as Readonly<Record<string, unknown>>);
}

function shown(value: unknown): string {
  return isObject(value) ? '"object"' : JSON.stringify(value);
}
