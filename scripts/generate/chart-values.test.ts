import { expect, test } from "vitest";
import { chartValues, pageWithValues, schemaWithValues } from "./chart-values.ts";

const text = `# Image of the operator.
image: a:1

crds:
  # Install the CRDs,
  # and upgrade them.
  enabled: true
# Requests and limits.
resources:
  requests: {cpu: 1}
`;
const values = chartValues(text);

test("a key with a comment is a value, one without is a group", () => {
  expect(values).toEqual([
    { path: ["image"], default: "a:1", description: "Image of the operator." },
    { path: ["crds", "enabled"], default: true, description: "Install the CRDs, and upgrade them." },
    { path: ["resources"], default: { requests: { cpu: 1 } }, description: "Requests and limits." },
  ]);
});

test("a key that is neither described nor a group is refused by its path", () => {
  expect(() => chartValues("crds:\n  keep: true\n")).toThrow("does not say what crds.keep is");
});

test("the page has a row for each value between its marks, and the rest stays", () => {
  const page = "# Chart\n<!-- values: made by npm run generate -->\nold\n<!-- end of values -->\nend\n";
  const made = pageWithValues(page, values);
  expect(made).toContain("| `crds.enabled` | `true` | Install the CRDs, and upgrade them. |\n");
  expect(made).toMatch(/^# Chart\n<!-- values/);
  expect(made).toMatch(/<!-- end of values -->\nend\n$/);
  expect(made).not.toContain("old");
  expect(pageWithValues(made, values)).toBe(made);
  expect(() => pageWithValues("# Chart\n", values)).toThrow("lacks");
});

test("the schema gets the descriptions, and must have every value", () => {
  const schema = {
    properties: {
      image: { type: "string", description: "old" },
      crds: { properties: { enabled: { type: "boolean" } } },
      resources: {},
    },
  };
  expect(JSON.parse(schemaWithValues(JSON.stringify(schema), values))).toEqual({
    properties: {
      image: { type: "string", description: "Image of the operator." },
      crds: {
        properties: { enabled: { type: "boolean", description: "Install the CRDs, and upgrade them." } },
      },
      resources: { description: "Requests and limits." },
    },
  });
  expect(() => schemaWithValues("{}", values)).toThrow("lacks image");
});
