/** One version of a function as the files that Deno Deploy starts a process with. */
import { ownModules, settingsModule } from "../hosted/modules.ts";
import type { Shims } from "../hosted/shims.ts";
import type { Artifact } from "../provider.ts";
import { type Asset, config, type EnvChange } from "./api-client.ts";
import { secretVariable } from "./names.ts";

const main = 'import "ebb-fence.js";\nimport "ebb-shim.js";\n';

/** Paths and files. Errors: those of artifact.bytes. */
export async function assetsOf(
  artifact: Artifact,
  version: string,
  { fence, byAbi }: Shims,
): Promise<Record<string, Asset>> {
  const modules: [name: string, content: string | Uint8Array][] = [
    ["ebb-fence.js", fence],
    ["ebb-shim.js", byAbi[artifact.abi]],
    ["ebb-settings.js", settingsModule(artifact)],
    ["ebb-version.js", versionModule(artifact, version)],
    ...ownModules(artifact.abi, await artifact.bytes()),
  ];
  const files = [
    [config.runtime.entrypoint, main] as const,
    ["deno.json", JSON.stringify({ imports: importsOf(modules.map(([name]) => name)) })] as const,
    ...modules.flatMap(([name, content]) =>
      name.endsWith(".wasm")
        ? [[name, content] as const, [loaderOf(name), loader(name)] as const]
        : [[name, content] as const],
    ),
  ];
  return Object.fromEntries(files.map(([name, content]) => [name, assetOf(content)]));
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

/** Modules import each other by their plain names, as at other edges. */
function importsOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [name, `./${name.endsWith(".wasm") ? loaderOf(name) : name}`]),
  );
}

function loaderOf(wasm: string): string {
  return `ebb-${wasm}.js`;
}

/** An import of Wasm gives an instance in Deno, and the shims need the module. */
function loader(wasm: string): string {
  const file = `new URL(${JSON.stringify(`./${wasm}`)}, import.meta.url)`;
  return `export default await WebAssembly.compile(await Deno.readFile(${file}));\n`;
}

function assetOf(content: string | Uint8Array): Asset {
  if (typeof content === "string") return { kind: "file", encoding: "utf-8", content };
  return { kind: "file", encoding: "base64", content: Buffer.from(content).toString("base64") };
}
