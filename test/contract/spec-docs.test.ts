/** The reference pages name every field, default, condition and reason, and none that is not there. */
import { globSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { findingKinds } from "../../operator/api/v1alpha1/findings.ts";
import * as conditions from "../../operator/api/v1alpha1/conditions.ts";
import { schemaValidator } from "../kit/fake-apiserver/schema-validator.ts";
import type { JsonObject } from "../kit/fake-apiserver/json.ts";
import { type Crd, parseCrd, type Schema } from "../../scripts/generate/crd.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = (name: string): string => readFileSync(`${root}docs/spec/v1alpha1/${name}.md`, "utf8");

const crds = readdirSync(`${root}crds`).map((file) => {
  const text = readFileSync(`${root}crds/${file}`, "utf8");
  return { text, crd: parseCrd(text) };
});
const pages: Readonly<Record<string, string>> = {
  EdgeFunction: page("edge-function"),
  EdgeTarget: page("edge-target"),
  ClusterEdgeTarget: page("edge-target"),
};

const guides = globSync("docs/guides/*.md", { cwd: root }).map((file) => readFileSync(root + file, "utf8"));

interface Field {
  readonly path: string;
  readonly schema: Schema;
}

/** Fields that have no fields below; those of a condition are Kubernetes' own. */
function leaves(path: string, schema: Schema): Field[] {
  if (schema.items !== undefined && !path.endsWith("conditions")) return leaves(`${path}[]`, schema.items);
  if (schema.properties === undefined) return [{ path: path.replace(/conditions$/, "$&[]"), schema }];
  return Object.entries(schema.properties).flatMap(([name, below]) => leaves(`${path}.${name}`, below));
}

function fieldsOf({ parts }: Crd): Field[] {
  return [...leaves("spec", parts.spec), ...leaves("status", parts.status)];
}

function nodes(path: string, schema: Schema): Field[] {
  const below = [
    ...Object.entries(schema.properties ?? {}),
    ...(schema.items === undefined ? [] : [["[]", schema.items] as const]),
  ];
  return [{ path, schema }, ...below.flatMap(([name, child]) => nodes(`${path}.${name}`, child))];
}

describe.each(crds.map(({ crd, text }) => [crd.kind, crd, text] as const))("%s", (kind, crd, text) => {
  const reference = pages[kind] ?? "";

  test("has a description for every field", () => {
    const all = [...nodes("spec", crd.parts.spec), ...nodes("status", crd.parts.status)];
    const silent = all.filter(({ schema }) => !/^[A-Z].*[.]$/s.test(schema.description?.trim() ?? ""));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test("has every field in its page", () => {
    const missing = fieldsOf(crd).filter(({ path }) => !reference.includes(`\`${path}\``));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  test("has no field in its page that does not exist", () => {
    const known = new Set(fieldsOf(crd).flatMap(({ path }) => prefixes(path)));
    const named = [...reference.matchAll(/`((?:spec|status)\.[A-Za-z.[\]]+)/g)].map(([, path = ""]) => path);
    const other = kind === "EdgeFunction" ? [] : ["spec.edgeTargetRef"];
    expect(named.filter((path) => !known.has(path) && !other.includes(path))).toEqual([]);
  });

  test("has every default and every choice in its page", () => {
    const rows = reference.split("\n").filter((line) => line.startsWith("|"));
    const missing = fieldsOf(crd).flatMap(({ path, schema }) => {
      const row = rows.find((line) => line.includes(`\`${path}\``)) ?? "";
      const isScalar = typeof schema.default === "string" || typeof schema.default === "number";
      const values = [
        ...(isScalar ? [schema.default] : []),
        ...(path.startsWith("spec") ? (schema.enum ?? []) : []),
      ];
      return values.filter((value) => !row.includes(`\`${value}\``)).map((value) => `${path}: ${value}`);
    });
    expect(missing).toEqual([]);
  });

  test("takes the examples of its page and of the guides", () => {
    const schema = (parse(text) as CrdText).spec.versions[0].schema.openAPIV3Schema;
    const validate = schemaValidator(schema);
    expect(examplesOf(reference, kind)).not.toEqual([]);
    const examples = [reference, ...guides].flatMap((each) => examplesOf(each, kind));
    expect(examples.flatMap((example) => validate(example))).toEqual([]);
  });
});

interface CrdText {
  readonly spec: {
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: JsonObject } }];
  };
}

type Example = Parameters<ReturnType<typeof schemaValidator>>[0];

/** Manifests of a kind in a page. */
function examplesOf(text: string, kind: string): Example[] {
  return [...text.matchAll(/```yaml\n(.*?)```/gs)]
    .flatMap(([, yaml = ""]) => parseAllDocuments(yaml))
    .map((document) => document.toJS() as Example)
    .filter((example) => example.kind === kind);
}

/** A path and the paths above it, with and without the brackets of a list. */
function prefixes(path: string): string[] {
  const parts = path.split(".");
  const above = parts.map((_part, index) => parts.slice(0, index + 1).join("."));
  return above.flatMap((each) => [each, each.replace(/\[\]$/, "")]);
}

describe("findings", () => {
  const findings = page("assessment");
  const kinds = Object.entries(findingKinds);
  const rows = [...findings.matchAll(/^\| `([A-Z]\w+)` \| (.*) \| (.*) \| (.*) \|$/gm)];

  test("every code is in the page once, with why it matters and what to do", () => {
    const told = rows.map(([, code, , why, cure]) => `${code}: ${why} ${cure}`);
    expect(told.toSorted()).toEqual(
      kinds.map(([code, { why, cure }]) => `${code}: ${why} ${cure}`).toSorted(),
    );
    expect(rows.map(([, , when]) => when).every((when) => /^[`A-Z].*\.$/.test(when ?? ""))).toBe(true);
  });

  test("the codes that may be ignored are the choices of the schema, and stand in their part of the page", () => {
    const ignorable = kinds.filter(([, kind]) => kind.ignorable).map(([code]) => code);
    const crd = crds.find((each) => each.crd.kind === "EdgeFunction")?.crd;
    const field = leaves("spec", crd?.parts.spec ?? {}).find(
      ({ path }) => path === "spec.assessment.ignore[]",
    );
    expect(field?.schema.enum).toEqual(ignorable);
    const part =
      findings.split(/^## /m).find((each) => each.startsWith("Blockers that can be taken on")) ?? "";
    expect(
      rows
        .map(([, code = ""]) => code)
        .filter((code) => part.includes(`| \`${code}\` |`))
        .toSorted(),
    ).toEqual(ignorable.toSorted());
  });
});

describe("conditions", () => {
  const tables = Object.entries(conditions);
  const told = Object.values(pages).join("\n");

  test.each(tables)("every one of %s is in the page with its meaning", (_name, table) => {
    const missing = Object.entries(table).filter(
      ([reason, meaning]) => !told.includes(`| \`${reason}\` | ${meaning} |`),
    );
    expect(missing).toEqual([]);
  });

  const declared = new Set(tables.flatMap(([, table]) => Object.keys(table)));
  const sources = globSync("operator/**/*.ts", { cwd: root })
    .filter(
      (file) => !file.endsWith(".test.ts") && !file.endsWith("conditions.ts") && !file.includes("generated"),
    )
    .map((file) => readFileSync(root + file, "utf8"));

  test("every reason that the operator gives is declared", () => {
    const calls =
      /\b(?:pending|Wait|Stall|Retry|checkpoint|announce|ModuleError|NoRoom|refuse)\(\s*(?:ctx,\s*)?"([A-Z]\w+)"/g;
    const sets = /setCondition\(\s*"\w+",\s*"\w+",\s*"([A-Z]\w+)"/g;
    const given = sources.flatMap((source) => [...source.matchAll(calls), ...source.matchAll(sets)]);
    const undeclared = given.map(([, reason = ""]) => reason).filter((reason) => !declared.has(reason));
    expect([...new Set(undeclared)]).toEqual([]);
    expect(given.length).toBeGreaterThan(50);
  });

  test("every declared reason is given by the operator", () => {
    const reasons = tables
      .filter(([name]) => name.endsWith("Reasons"))
      .flatMap(([, table]) => Object.keys(table));
    expect(reasons.filter((reason) => !sources.some((source) => source.includes(`"${reason}"`)))).toEqual([]);
  });
});
