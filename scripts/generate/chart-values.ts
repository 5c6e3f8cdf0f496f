/** The values of the chart and what their comments say of them, for the chart's page and its schema. */
import { isMap, isScalar, parseDocument, type YAMLMap } from "yaml";

export interface ChartValue {
  /** Keys from the top down. */
  readonly path: readonly string[];
  readonly default: unknown;
  readonly description: string;
}

/** Where the table of the values stands in the chart's page. */
const marks = ["<!-- values: made by npm run generate -->\n", "<!-- end of values -->"] as const;

/**
 * Of values.yaml, in its order. A key with a comment above it is a value, one without is a group of values.
 * Errors: a key that has neither a comment nor keys below it.
 */
export function chartValues(text: string): ChartValue[] {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new Error("values.yaml holds no keys");
  return valuesOf(contents, []);
}

function valuesOf(map: YAMLMap, above: readonly string[]): ChartValue[] {
  return map.items.flatMap(({ key, value }, index) => {
    if (!isScalar(key)) throw new Error(`a key below ${above.join(".")} in values.yaml is no word`);
    const path = [...above, String(key.value)];
    // For the parser the comment above the first key is the group's.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined) ?? "";
    const description = comment
      .split("\n")
      .map((line) => line.trim())
      .join(" ");
    if (description !== "") return [{ path, default: plainOf(value), description }];
    if (isMap(value) && value.items.length > 0) return valuesOf(value, path);
    throw new Error(`values.yaml does not say what ${path.join(".")} is`);
  });
}

/** A node of the document as JSON has it. */
function plainOf(node: unknown): unknown {
  return (node as { toJSON(): unknown }).toJSON();
}

/** The page with the table of the values between its marks. Errors: a page without them. */
export function pageWithValues(page: string, values: readonly ChartValue[]): string {
  const [before, rest] = page.split(marks[0]);
  const after = rest?.split(marks[1])[1];
  if (before === undefined || after === undefined)
    throw new Error(`the chart's page lacks ${marks.join("")}`);
  const rows = values.map(
    ({ path, default: value, description }) =>
      `| \`${path.join(".")}\` | \`${JSON.stringify(value)}\` | ${description} |`,
  );
  return [
    before,
    marks[0],
    "| value | default | |\n|---|---|---|\n",
    rows.join("\n"),
    "\n",
    marks[1],
    after,
  ].join("");
}

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly [keyword: string]: unknown;
}

/** The schema with the values' descriptions in it. Errors: a value that the schema lacks. */
export function schemaWithValues(text: string, values: readonly ChartValue[]): string {
  const schema = values.reduce<Schema>(
    (described, { path, description }) => describe(described, path, description),
    JSON.parse(text) as Schema,
  );
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function describe(schema: Schema, path: readonly string[], description: string): Schema {
  const [key, ...below] = path;
  if (key === undefined) return { ...schema, description };
  const property = schema.properties?.[key];
  if (property === undefined) throw new Error(`values.schema.json lacks ${path.join(".")}`);
  return { ...schema, properties: { ...schema.properties, [key]: describe(property, below, description) } };
}
