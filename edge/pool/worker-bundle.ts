/** Reads a worker of several modules; `operator/api/worker-bundle.ts` tells how it is written, and the operator has checked its names. */
import type { IsolateCode } from "./host.ts";

type WorkerCode = Pick<IsolateCode, "compatibilityDate" | "compatibilityFlags" | "modules">;

interface Index {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly modules: readonly (readonly [name: string, length: number])[];
}

const opening = new TextEncoder().encode('{"ebbWorker":1,');
const lineFeed = 10;

/** Undefined when the bytes are no bundle but an ES module. Throws when the modules are not as long as it says. */
export function readWorkerBundle(bytes: ArrayBuffer): WorkerCode | undefined {
  const all = new Uint8Array(bytes);
  if (!opening.every((byte, index) => all[index] === byte)) return undefined;
  const end = all.indexOf(lineFeed);
  const index = JSON.parse(new TextDecoder().decode(all.subarray(0, end))) as Index;
  let at = end + 1;
  const modules = index.modules.map(([name, length]) => {
    at += length;
    return [name, moduleOf(name, bytes.slice(at - length, at))] as const;
  });
  if (at !== bytes.byteLength) throw new Error("the bundle's modules are not as long as it says");
  const { compatibilityDate, compatibilityFlags } = index;
  return { compatibilityDate, compatibilityFlags, modules: Object.fromEntries(modules) };
}

function moduleOf(name: string, bytes: ArrayBuffer): IsolateCode["modules"][string] {
  if (name.endsWith(".wasm")) return { wasm: bytes };
  if (name.endsWith(".bin")) return { data: bytes };
  const text = new TextDecoder().decode(bytes);
  return /\.m?js$/.test(name) ? { js: text } : { text };
}
