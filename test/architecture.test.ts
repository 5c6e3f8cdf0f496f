/** Reads the imports: they point one way, as the folder map says. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, it } from "vitest";

/** Folder of the map, and the folders that it may import; a folder may always import itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "operator/api": [],
  "operator/telemetry": ["operator/api"],
  "operator/kube": ["operator/api", "operator/telemetry"],
  "operator/workload": ["operator/api", "operator/telemetry", "operator/kube"],
  "operator/module": ["operator/api", "operator/telemetry", "operator/kube"],
  "operator/provider": ["operator/api", "operator/telemetry", "operator/kube"],
  "operator/traffic": ["operator/api", "operator/telemetry", "operator/kube"],
  "operator/reconcile": [
    "operator/api",
    "operator/telemetry",
    "operator/kube",
    "operator/workload",
    "operator/module",
    "operator/provider",
    "operator/traffic",
  ],
  edge: [],
  cli: ["operator/api", "operator/kube", "operator/module"],
};

const sources = globSync("{operator,edge,cli}/**/*.ts").filter((file) => !file.endsWith(".test.ts"));

function folderOf(file: string): string | undefined {
  return Object.keys(mayImport).find((folder) => file.startsWith(`${folder}/`));
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const names = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].flatMap((match) => match[1] ?? []);
  return names.map((name) => normalize(join(dirname(file), name)));
}

it("finds the sources", () => {
  expect(sources.length).toBeGreaterThan(50);
});

it("lets imports point one way", () => {
  const wrong = sources.flatMap((file) => {
    const folder = folderOf(file);
    if (folder === undefined) return [];
    const allowed = [folder, ...(mayImport[folder] ?? [])];
    return importsOf(file)
      .filter((target) => !allowed.some((each) => target.startsWith(`${each}/`)))
      .map((target) => `${file} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

it("keeps the configuration in the entry files", () => {
  const readers = sources.filter((file) => importsOf(file).includes("operator/config.ts"));
  expect(readers.every((file) => dirname(file) === "operator")).toBe(true);
});

it("reads the environment in the operator's main file only", () => {
  const readers = sources.filter(
    (file) => file.startsWith("operator/") && /process\.env/.test(readFileSync(file, "utf8")),
  );
  expect(readers).toEqual(["operator/main.ts"]);
});
