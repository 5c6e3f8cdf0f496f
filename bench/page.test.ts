import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withReport } from "./page.ts";
import { readReport } from "./report.ts";
import { rows } from "./rows.ts";

const page = await readFile(join(import.meta.dirname, "../docs/performance.md"), "utf8");

test.each(rows)("row $name is in the file of its name and has its place on the page", ({ name }) => {
  expect(existsSync(join(import.meta.dirname, "rows", `${name}.ts`))).toBe(true);
  expect(page).toContain(`<!-- row ${name} -->`);
});

test.each(rows)("the page shows the last run of row $name, if there was one", async ({ name }) => {
  const report = await readReport(name);
  expect(report === undefined ? page : withReport(page, report)).toBe(page);
});
