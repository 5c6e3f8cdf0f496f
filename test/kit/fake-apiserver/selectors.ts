/** Label and field selectors of list and watch requests. */
import { badRequest } from "./api-failure.ts";
import { valueAt, type StoredObject } from "./json.ts";

export type Predicate = (object: StoredObject) => boolean;

type Labels = Readonly<Record<string, string>>;

const requirement =
  /^\s*(?:(?<absent>!)\s*(?<absentKey>[\w./-]+)|(?<key>[\w./-]+)\s*(?:(?<set>in|notin)\s*\((?<values>[^)]*)\)|(?<op>==|!=|=)\s*(?<value>[\w.-]*))?)\s*$/;

/** Predicate of the `labelSelector` parameter, such as `app=web,tier in (a,b),!old`. Errors: 400. */
export function labelPredicate(text: string): Predicate {
  const tests = splitOutsideParentheses(text).map(parseRequirement);
  return (object) => {
    const labels: Labels = object.metadata.labels ?? {};
    return tests.every((test) => test(labels));
  };
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/).filter((part) => part.trim() !== "");
}

function parseRequirement(text: string): (labels: Labels) => boolean {
  const groups = requirement.exec(text)?.groups;
  if (groups === undefined) throw badRequest(`unable to parse requirement: ${text}`);
  const { absent, absentKey = "", key = "", set, values = "", op, value = "" } = groups;
  if (absent !== undefined) return (labels) => labels[absentKey] === undefined;
  const listed = values.split(",").map((item) => item.trim());
  if (set === "in") return (labels) => labels[key] !== undefined && listed.includes(labels[key]);
  if (set === "notin") return (labels) => labels[key] === undefined || !listed.includes(labels[key]);
  if (op === "!=") return (labels) => labels[key] !== value;
  if (op !== undefined) return (labels) => labels[key] === value;
  return (labels) => labels[key] !== undefined;
}

/** Predicate of the `fieldSelector` parameter; fields that are absent count as empty. Errors: 400. */
export function fieldPredicate(text: string, fields: readonly string[]): Predicate {
  const tests = text
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      const parsed = /^(?<field>[^=!]+)(?<op>==|!=|=)(?<value>.*)$/.exec(part)?.groups;
      const { field = "", op = "", value = "" } = parsed ?? {};
      if (!fields.includes(field)) throw badRequest(`field label not supported: ${field}`);
      return (object: StoredObject) => {
        const found = valueAt(object, field.split(".")) ?? "";
        return (found === value) === (op !== "!=");
      };
    });
  return (object) => tests.every((test) => test(object));
}
