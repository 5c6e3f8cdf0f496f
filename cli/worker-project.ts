/** Makes a worker's bundle of a wrangler project. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, extname, join, relative, sep } from "node:path";
import { entryModule } from "../operator/api/bundle.ts";
import { writeWorkerBundle } from "../operator/api/worker-bundle.ts";
import { CliError } from "./cli-error.ts";
import { readSettings, type WranglerSettings } from "./wrangler-settings.ts";
import { Wrangler } from "./wrangler.ts";

export interface BuiltWorker {
  readonly settings: WranglerSettings;
  readonly bytes: Buffer;
}

/** Errors: CliError, with what wrangler says where it fails. */
export async function buildWorker(
  folder: string,
  environment: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<BuiltWorker> {
  const wrangler = new Wrangler(folder, env);
  const config = await wrangler.config(environment);
  const { configPath, main } = config;
  if (typeof configPath !== "string")
    throw new CliError(`${folder} has no wrangler.jsonc, wrangler.json or wrangler.toml.`);
  const settings = readSettings(config, relative(process.cwd(), configPath));
  if (typeof main !== "string") throw new CliError(`${configPath} has no main, so no Worker to build.`);
  const outDir = await mkdtemp(join(tmpdir(), "ebb-worker-"));
  try {
    await wrangler.build(outDir, environment);
    const { compatibilityDate, compatibilityFlags } = settings;
    const modules = await modulesIn(outDir, main);
    return { settings, bytes: writeWorkerBundle({ compatibilityDate, compatibilityFlags, modules }) };
  } finally {
    await rm(outDir, { recursive: true });
  }
}

type Modules = (readonly [name: string, bytes: Uint8Array])[];

/** In the order of their names; the entry is the first, and is called what the edge imports. */
async function modulesIn(outDir: string, main: string): Promise<Modules> {
  const entries = await readdir(outDir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== "README.md" && !entry.name.endsWith(".map"))
    .map((entry) => relative(outDir, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .toSorted();
  const entry = entryOf(files, main);
  if (files.includes(entryModule) && entry !== entryModule)
    throw new CliError(`The Worker has a module ${entryModule} that is not its main one. Name it otherwise.`);
  const modules: Modules = [];
  for (const file of files) modules.push([file, await readFile(join(outDir, file))]);
  if (entry === entryModule) return modules;
  const named = JSON.stringify(`./${entry}`);
  return [
    [entryModule, Buffer.from(`export * from ${named};\nexport { default } from ${named};\n`)],
    ...modules,
  ];
}

/** wrangler names the output for the source, `src/index.ts` becomes `index.js`. */
function entryOf(files: readonly string[], main: string): string {
  const stem = basename(main, extname(main));
  const entry = [".js", ".mjs"].map((end) => `${stem}${end}`).find((name) => files.includes(name));
  if (entry !== undefined) return entry;
  throw new CliError(`wrangler has made no ${stem}.js, only ${files.join(", ") || "nothing"}.`);
}
