/** One version of a function as the files that Deno Deploy starts a process with. */
import { extname } from "node:path";
import { ownCode, settingsModule } from "../hosted/modules.ts";
import type { Shims } from "../hosted/shims.ts";
import type { Artifact } from "../provider.ts";
import { type Asset, config, type EnvChange } from "./api-client.ts";
import { secretVariable } from "./names.ts";

type File = readonly [path: string, content: string | Uint8Array];

const main = 'import "ebb-fence.js";\nimport "ebb-shim.js";\n';

/** Paths and files. What Ebb adds comes under names that begin with `ebb-`, and `deno.json`. Errors: those of artifact.bytes. */
export async function assetsOf(
  artifact: Artifact,
  version: string,
  { fence, byAbi }: Shims,
): Promise<Record<string, Asset>> {
  const { modules } = ownCode(artifact.abi, await artifact.bytes());
  const added: File[] = [
    ["ebb-fence.js", fence],
    ["ebb-shim.js", byAbi[artifact.abi]],
    ["ebb-settings.js", settingsModule(artifact)],
    ["ebb-version.js", versionModule(artifact, version)],
  ];
  const loaders = modules.flatMap(([name], index) => {
    const source = loader(name);
    return source === undefined ? [] : [{ name, file: [`ebb-loader-${index}.js`, source] as const }];
  });
  const scripts = [...added, ...modules].map(([name]) => [name, name] as const);
  const imports = importsOf([...scripts, ...loaders.map(({ name, file }) => [name, file[0]] as const)]);
  const files: File[] = [
    ...modules,
    ...added,
    ...loaders.map(({ file }) => file),
    [config.runtime.entrypoint, main],
    ["deno.json", JSON.stringify({ imports })],
  ];
  return Object.fromEntries(files.map(([path, content]) => [path, assetOf(content)]));
}

/** The variables of the app that hold the secrets of version. */
export function secretsOf({ secretEnv = {} }: Artifact, version: string): EnvChange[] {
  return Object.values(secretEnv).map(({ value }, index) => ({
    key: secretVariable(version, index),
    value,
    secret: true,
    contexts: "all",
  }));
}

/** What is plain comes with the files, so that a variable may have any name and a version has all of them at once. */
function versionModule({ env, secretEnv = {} }: Artifact, version: string): string {
  const secrets = Object.keys(secretEnv).map(
    (name, index) => [name, secretVariable(version, index)] as const,
  );
  const values = { tag: version, env, secrets: Object.fromEntries(secrets) };
  return Object.entries(values)
    .map(([name, value]) => `export const ${name} = JSON.parse(${JSON.stringify(JSON.stringify(value))});\n`)
    .join("");
}

/** Modules import each other by their plain names or by relative paths, as at other edges. */
function importsOf(files: readonly (readonly [name: string, path: string])[]): Record<string, string> {
  return Object.fromEntries(
    files.flatMap(([name, path]) => [
      [name, `./${path}`],
      [`./${name}`, `./${path}`],
    ]),
  );
}

/** Deno gives an instance for an import of Wasm, and refuses others; undefined for what it imports as others do. */
function loader(name: string): string | undefined {
  const file = `new URL(${JSON.stringify(`./${name}`)}, import.meta.url)`;
  switch (extname(name)) {
    case ".js":
    case ".mjs":
      return undefined;
    case ".wasm":
      return `export default await WebAssembly.compile(await Deno.readFile(${file}));\n`;
    case ".bin":
      return `export default (await Deno.readFile(${file})).buffer;\n`;
    default:
      return `export default await Deno.readTextFile(${file});\n`;
  }
}

function assetOf(content: string | Uint8Array): Asset {
  if (typeof content === "string") return { kind: "file", encoding: "utf-8", content };
  return { kind: "file", encoding: "base64", content: Buffer.from(content).toString("base64") };
}
