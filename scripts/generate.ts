/**
 * Makes what follows from crds/, the TypeScript types of the API and the CRDs of the chart, and from the chart's values,
 * the table of its page and the descriptions of its schema; `--check` only compares.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chartValues, pageWithValues, schemaWithValues } from "./generate/chart-values.ts";
import { chartTemplate } from "./generate/chart-template.ts";
import { parseCrd } from "./generate/crd.ts";
import { typesOf } from "./generate/types-of.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outputFolders = ["operator/api/v1alpha1/generated", "charts/ebb/templates/crds"];
/** What is made only in part. */
const outputFiles = { page: "charts/ebb/README.md", schema: "charts/ebb/values.schema.json" } as const;

const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");

/** Path from the root of the repository to the file's text. */
type Files = ReadonlyMap<string, string>;

async function generated(): Promise<Files> {
  const files = new Map<string, string>();
  for (const name of (await readdir(join(root, "crds"))).toSorted()) {
    const text = await read(`crds/${name}`);
    const crd = parseCrd(text);
    files.set(`operator/api/v1alpha1/generated/${crd.fileName}.ts`, await typesOf(crd));
    files.set(`charts/ebb/templates/crds/${name}`, chartTemplate(text, crd.name));
  }
  const values = chartValues(await read("charts/ebb/values.yaml"));
  files.set(outputFiles.page, pageWithValues(await read(outputFiles.page), values));
  files.set(outputFiles.schema, schemaWithValues(await read(outputFiles.schema), values));
  return files;
}

async function present(): Promise<Files> {
  const files = new Map<string, string>();
  for (const folder of outputFolders) {
    await mkdir(join(root, folder), { recursive: true });
    for (const name of await readdir(join(root, folder))) {
      files.set(`${folder}/${name}`, await read(`${folder}/${name}`));
    }
  }
  for (const path of Object.values(outputFiles)) files.set(path, await read(path));
  return files;
}

function differing(wanted: Files, found: Files): string[] {
  const paths = new Set([...wanted.keys(), ...found.keys()]);
  return [...paths].filter((path) => wanted.get(path) !== found.get(path)).toSorted();
}

async function write(paths: readonly string[], wanted: Files): Promise<void> {
  for (const path of paths) {
    const text = wanted.get(path);
    await (text === undefined ? rm(join(root, path)) : writeFile(join(root, path), text));
    console.log(`${text === undefined ? "removed" : "wrote"} ${path}`);
  }
}

const wanted = await generated();
const stale = differing(wanted, await present());
if (!process.argv.includes("--check")) {
  await write(stale, wanted);
} else if (stale.length > 0) {
  console.error(
    `These files do not follow from crds/ or the chart's values any more: run npm run generate.\n  ${stale.join("\n  ")}`,
  );
  process.exitCode = 1;
}
