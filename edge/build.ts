/** Builds the folder that workerd is started with. */
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
  await mkdir(outDir, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: join(import.meta.dirname, ".."),
    metafile: true,
    entryPoints: Object.entries(workers).map(([out, source]) => ({
      in: join(import.meta.dirname, source),
      out,
    })),
    outdir: outDir,
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*", "app.wasm", "app.js", "*.txt"],
    logLevel: "error",
  });
  await copyFile(join(import.meta.dirname, "config.capnp"), join(outDir, "config.capnp"));
  return Object.keys(metafile.inputs);
}
