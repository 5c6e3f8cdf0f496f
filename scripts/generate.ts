/** Makes what follows from crds/: the TypeScript types of the API and the CRDs of the chart; `--check` only compares. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chartTemplate } from "./generate/chart-template.ts";
import { parseCrd } from "./generate/crd.ts";
import { typesOf } from "./generate/types-of.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outputFolders = ["operator/api/v1alpha1/generated", "charts/ebb/templates/crds"];

/** Path from the root of the repository to the file's text. */
type Files = ReadonlyMap<string, string>;

async function generated(): Promise<Files> {
  const files = new Map<string, string>();
  for (const name of (await readdir(join(root, "crds"))).toSorted()) {
    const text = await readFile(join(root, "crds", name), "utf8");
    const crd = parseCrd(text);
    files.set(`operator/api/v1alpha1/generated/${crd.fileName}.ts`, await typesOf(crd));
    files.set(`charts/ebb/templates/crds/${name}`, chartTemplate(text, crd.name));
  }
  return files;
}

async function present(): Promise<Files> {
  const files = new Map<string, string>();
  for (const folder of outputFolders) {
    await mkdir(join(root, folder), { recursive: true });
    for (const name of await readdir(join(root, folder))) {
      files.set(`${folder}/${name}`, await readFile(join(root, folder, name), "utf8"));
    }
  }
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
    `These files do not follow from crds/ any more: run npm run generate.\n  ${stale.join("\n  ")}`,
  );
  process.exitCode = 1;
}
