/** x-kubernetes-validations: CEL rules over an object and, for updates, the object before. */
import { Environment } from "@marcbachmann/cel-js";
import type { Cause } from "./api-failure.ts";
import { isArray, isObject, type StoredObject } from "./json.ts";
import { itemsOf, properties, valuesOf, type Schema } from "./structural-schema.ts";
import { itemElement } from "./field-set.ts";
import { topologyOf } from "./structural-schema.ts";

interface Rule {
  readonly source: string;
  readonly usesOld: boolean;
  readonly message: string;
  readonly messageExpression: Evaluate | undefined;
  readonly fieldPath: string;
  readonly reason: string;
  readonly evaluate: Evaluate;
}

type Evaluate = (context: Record<string, unknown>) => unknown;

/** Finds every rule that object breaks; rules with oldSelf hold only when there was a value before. */
export type RuleChecker = (object: StoredObject, before: StoredObject | undefined) => readonly Cause[];

interface Node {
  readonly rules: readonly Rule[];
  readonly fields: ReadonlyMap<string, Node>;
  readonly items: Node | undefined;
  readonly values: Node | undefined;
  readonly schema: Schema;
}

function environment(): Environment {
  return new Environment({
    unlistedVariablesAreDyn: true,
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
  });
}

/** Compiles all rules of a schema. Throws on a rule that does not parse, as the API server refuses such a CRD. */
export function ruleChecker(schema: Schema): RuleChecker {
  const root = compile(schema, environment());
  return (object, before) => check(root, object, before, "");
}

function compile(schema: Schema, env: Environment): Node {
  const raw = schema["x-kubernetes-validations"];
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  return {
    rules: (isArray(raw) ? raw : []).filter(isObject).map((rule) => compileRule(rule, env)),
    fields: new Map(Object.entries(properties(schema)).map(([field, below]) => [field, compile(below, env)])),
    items: items === undefined ? undefined : compile(items, env),
    values: values === undefined ? undefined : compile(values, env),
    schema,
  };
}

const reasons: Readonly<Record<string, string>> = {
  FieldValueForbidden: "Forbidden",
  FieldValueRequired: "Required value",
};

function compileRule(rule: Record<string, unknown>, env: Environment): Rule {
  const source = String(rule["rule"]);
  const expression = rule["messageExpression"];
  return {
    source,
    usesOld: /\boldSelf\b/.test(source),
    message: typeof rule["message"] === "string" ? rule["message"] : `failed rule: ${source.trim()}`,
    messageExpression: typeof expression === "string" ? env.parse(expression) : undefined,
    fieldPath: typeof rule["fieldPath"] === "string" ? rule["fieldPath"] : "",
    reason: typeof rule["reason"] === "string" ? rule["reason"] : "FieldValueInvalid",
    evaluate: env.parse(source),
  };
}

function check(node: Node, self: unknown, old: unknown, path: string): Cause[] {
  const own = node.rules
    .filter((rule) => !rule.usesOld || old !== undefined)
    .flatMap((rule) => broken(rule, celValue(self, node.schema), celValue(old, node.schema), self, path));
  return [...own, ...below(node, self, old, path)];
}

function below(node: Node, self: unknown, old: unknown, path: string): Cause[] {
  if (isArray(self) && node.items !== undefined) {
    const items = node.items;
    const topology = topologyOf(node.schema);
    const before = topology.list === "map" && isArray(old) ? old : [];
    const known = new Map(before.map((item) => [itemElement(item, topology), item]));
    return self.flatMap((item, at) =>
      check(items, item, known.get(itemElement(item, topology)), `${path}[${at}]`),
    );
  }
  if (!isObject(self)) return [];
  const oldFields = isObject(old) ? old : {};
  return Object.entries(self).flatMap(([field, value]) => {
    const next = node.fields.get(field) ?? node.values;
    const at = path === "" ? field : `${path}.${field}`;
    return next === undefined ? [] : check(next, value, oldFields[field], at);
  });
}

function broken(rule: Rule, self: unknown, oldSelf: unknown, value: unknown, path: string): Cause[] {
  const context = { self, ...(oldSelf === undefined ? {} : { oldSelf }) };
  if (rule.evaluate(context) === true) return [];
  const spoken = rule.messageExpression?.(context);
  const why = typeof spoken === "string" ? spoken : rule.message;
  const field = `${path}${rule.fieldPath}`.replace(/^\./, "");
  const shown = rule.fieldPath !== "" || isObject(value) ? '"object"' : JSON.stringify(value);
  const label = reasons[rule.reason];
  const message = label === undefined ? `Invalid value: ${shown}: ${why}` : `${label}: ${why}`;
  return [{ field: field === "" ? "<nil>" : field, reason: rule.reason, message }];
}

/** JSON as CEL sees it: integers of the schema are ints. */
function celValue(value: unknown, schema: Schema): unknown {
  if (typeof value === "number" && schema["type"] === "integer") return BigInt(value);
  if (isArray(value)) return value.map((item) => celValue(item, itemsOf(schema) ?? {}));
  if (!isObject(value)) return value;
  const known = properties(schema);
  const values = valuesOf(schema);
  const entries = Object.entries(value).map(([field, child]) => [
    field,
    celValue(child, known[field] ?? values ?? {}),
  ]);
  return Object.fromEntries(entries);
}
