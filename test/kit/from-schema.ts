/** Values that a structural schema and its rules allow. */
import fc from "fast-check";
import { ruleChecker } from "./fake-apiserver/cel-rules.ts";
import { arrayAt, isObject } from "./fake-apiserver/json.ts";
import { itemsOf, properties, type Schema } from "./fake-apiserver/structural-schema.ts";

/** Longest array and, where a rule gives no form, string: shapes count here, not sizes. */
const mostItems = 3;
const mostCharacters = 80;

/** Any value of schema that its rules allow. Errors: throws at a type it does not know. */
export function anyOf(schema: Schema): fc.Arbitrary<unknown> {
  const value = anyOfType(schema);
  if (arrayAt(schema, "x-kubernetes-validations").length === 0) return value;
  const broken = ruleChecker({ type: "object", properties: { value: schema } });
  const part = { apiVersion: "v1", kind: "Part", metadata: { name: "part" } };
  return value.filter((each) => broken({ ...part, value: each }, undefined).length === 0);
}

function anyOfType(schema: Schema): fc.Arbitrary<unknown> {
  const options = arrayAt(schema, "enum");
  if (options.length > 0) return fc.constantFrom(...options);
  switch (schema["type"]) {
    case "string":
      return anyString(schema);
    case "integer":
      return fc.integer({ min: numberOr(schema["minimum"], 0), max: numberOr(schema["maximum"], 1_000_000) });
    case "boolean":
      return fc.boolean();
    case "array":
      return anyArray(schema);
    case "object":
      return anyObject(schema);
    default:
      throw new Error(`no values are known for the type ${String(schema["type"])}`);
  }
}

function anyString(schema: Schema): fc.Arbitrary<string> {
  const minLength = numberOr(schema["minLength"], 0);
  const maxLength = Math.min(numberOr(schema["maxLength"], mostCharacters), mostCharacters);
  const pattern = formOf(schema);
  if (pattern === undefined) return fc.string({ minLength, maxLength });
  return fc.stringMatching(pattern).filter((value) => value.length >= minLength && value.length <= maxLength);
}

/** What the first rule that is nothing but a pattern says. */
function formOf(schema: Schema): RegExp | undefined {
  const rules = arrayAt(schema, "x-kubernetes-validations").filter(isObject);
  const patterns = rules.flatMap(({ rule }) => /^self\.matches\('([^']*)'\)$/.exec(String(rule))?.[1] ?? []);
  return patterns[0] === undefined ? undefined : new RegExp(patterns[0]);
}

function anyArray(schema: Schema): fc.Arbitrary<unknown[]> {
  const keys = arrayAt(schema, "x-kubernetes-list-map-keys").map(String);
  const selector = (item: unknown): string =>
    JSON.stringify(isObject(item) && keys.length > 0 ? keys.map((key) => item[key]) : item);
  const items = anyOf(itemsOf(schema) ?? {});
  const isSet = schema["x-kubernetes-list-type"] === "set" || keys.length > 0;
  const minLength = numberOr(schema["minItems"], 0);
  const lengths = { minLength, maxLength: Math.max(minLength, mostItems) };
  return isSet ? fc.uniqueArray(items, { ...lengths, selector }) : fc.array(items, lengths);
}

function anyObject(schema: Schema): fc.Arbitrary<unknown> {
  const required = new Set(arrayAt(schema, "required"));
  const fields = Object.entries(properties(schema));
  const model = Object.fromEntries(fields.map(([name, each]) => [name, anyOf(each)]));
  return fc.record(model, { requiredKeys: Object.keys(model).filter((name) => required.has(name)) });
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
