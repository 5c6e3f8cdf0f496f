/**
 * `node make-component.mjs CORE ADAPTER OUT` writes the component that a core module of wasm32-wasip1 is. Its interfaces are
 * those that its bindings describe in the module itself; what it calls of WASI preview 1, the adapter brings to 0.2.
 */
import { readFile, writeFile } from "node:fs/promises";
import { componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";

const [core, adapter, out] = process.argv.slice(2);
if (out === undefined) {
  console.error("usage: make-component.mjs CORE ADAPTER OUT");
  process.exit(2);
}
const adapters = [["wasi_snapshot_preview1", await readFile(adapter)]];
await writeFile(out, await componentNew(await readFile(core), adapters));
