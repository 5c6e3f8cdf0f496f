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
    return validate(content) ? [] : (validate.errors ?? []).flatMap(causeOf);
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

function causeOf(error: ErrorObject): Cause[] {
  const field = fieldOf(error.instancePath);
  const invalidValue = (why: string) => ({
    field: field === "" ? "<nil>" : field,
    reason: "FieldValueInvalid",
    message: `Invalid value: ${shown(error.data)}: ${field} in body ${why}`,
  });
  const { limit, type, missingProperty, pattern, allowedValues } = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case "required":
      return [
        {
          field: [field, String(missingProperty)].filter(Boolean).join("."),
          reason: "FieldValueRequired",
          message: "Required value",
        },
      ];
    case "type": {
      const message = `Invalid value: "${typeName(error.data)}": ${field} in body must be of type ${String(type)}: "${typeName(error.data)}"`;
      return [{ field, reason: "FieldValueTypeInvalid", message }];
    }
    case "enum": {
      const supported = (isArray(allowedValues) ? allowedValues : [])
        .map((value) => JSON.stringify(value))
        .join(", ");
      return [
        {
          field,
          reason: "FieldValueNotSupported",
          message: `Unsupported value: ${shown(error.data)}: supported values: ${supported}`,
        },
      ];
    }
    case "pattern":
      return [invalidValue(`should match '${String(pattern)}'`)];
    case "minLength":
      return [invalidValue(`should be at least ${String(limit)} chars long`)];
    case "minimum":
      return [invalidValue(`should be greater than or equal to ${String(limit)}`)];
    case "maximum":
      return [invalidValue(`should be less than or equal to ${String(limit)}`)];
    case "minItems":
      return [invalidValue(`should have at least ${String(limit)} items`)];
    case "minProperties":
      return [invalidValue(`should have at least ${String(limit)} properties`)];
    case "maxLength":
      return [
        {
          field,
          reason: "FieldValueTooLong",
          message: `Too long: may not be more than ${String(limit)} bytes`,
        },
      ];
    case "maxItems":
      return [
        {
          field,
          reason: "FieldValueTooMany",
          message: `Too many: ${isArray(error.data) ? error.data.length : 0}: must have at most ${String(limit)} items`,
        },
      ];
    default:
      return [invalidValue(error.message ?? error.keyword)];
  }
}

function shown(value: unknown): string {
  return isObject(value) ? '"object"' : JSON.stringify(value);
}
