import { expect, test } from "vitest";
import { bundledFrom, packageFolder } from "./origin.ts";

test.each([
  ["node_modules/pino/lib/index.js", "node_modules/pino"],
  ["node_modules/@scope/a/node_modules/b/x.js", "node_modules/@scope/a/node_modules/b"],
  ["node_modules/@scope/a/x.js", "node_modules/@scope/a"],
  ["operator/main.ts", undefined],
])("%s belongs to %s", (file, folder) => {
  expect(packageFolder(file)).toBe(folder);
});

test("a bundle comes from each package once", () => {
  const files = ["node_modules/b/1.js", "operator/main.ts", "node_modules/a/1.js", "node_modules/b/2.js"];
  expect(bundledFrom(files, "/app.mjs")).toEqual([
    { at: "/app.mjs", from: { npm: "node_modules/a" } },
    { at: "/app.mjs", from: { npm: "node_modules/b" } },
  ]);
});
