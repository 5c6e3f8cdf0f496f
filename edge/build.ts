/** Builds the folder that workerd is started with, and the modules that the operator puts before a function elsewhere. */
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const workers = {
  router: "router.worker.ts",
  "wasi-command": "wasi-command.worker.ts",
  "wasi-http": "wasi-http.worker.ts",
  "worker-module": "worker-module.worker.ts",
};

/**
 * Writes `config.capnp` and the workers that it embeds to outDir. workerd expects `tls.crt`, `tls.key` and
 * `client-ca.crt` in the folder `tls` beside outDir and writes to `/data` and `/state`. The output follows from the source alone.
 * Gives the paths of the source, from the repository's root.
 */
export async function buildEdge(outDir: string): Promise<string[]> {
  const sources = await bundleInto(outDir, workers);
  await copyFile(join(import.meta.dirname, "config.capnp"), join(outDir, "config.capnp"));
  return sources;
}

const abis = ["wasi-command", "wasi-http", "worker-module"];

/** Of each edge that others run: what is evaluated first, and what calls a function of each ABI. */
const hostedModules = {
  cloudflare: modulesIn("cloudflare", "worker", "hosted/fence.ts"),
  deno: modulesIn("deno", "main", "deno/fence.ts"),
};

export type HostedEdge = keyof typeof hostedModules;

export const hostedEdges = Object.keys(hostedModules) as readonly HostedEdge[];

function modulesIn(folder: string, end: string, fence: string): Readonly<Record<string, string>> {
  return { fence, ...Object.fromEntries(abis.map((abi) => [abi, `${folder}/${abi}.${end}.ts`])) };
}

/** Writes what the operator uploads to edge beside a function's own modules. Gives the same as buildEdge. */
export function buildHostedModules(edge: HostedEdge, outDir: string): Promise<string[]> {
  return bundleInto(outDir, hostedModules[edge]);
}

async function bundleInto(outDir: string, entries: Readonly<Record<string, string>>): Promise<string[]> {
  await mkdir(outDir, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: join(import.meta.dirname, ".."),
    metafile: true,
    entryPoints: Object.entries(entries).map(([out, source]) => ({
      in: join(import.meta.dirname, source),
      out,
    })),
    outdir: outDir,
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*", "app.wasm", "app.js", "ebb-settings.js", "ebb-version.js", "*.txt"],
    logLevel: "error",
  });
  return Object.keys(metafile.inputs);
}
