/**
 * The artifact of an adapted module: the modules of one worker in one piece. The first line is JSON, `[[name, length], …]`;
 * after it come their bytes in that order. Names end in `.js` (an ES module) or `.wasm`. `edge/pool/bundle.ts` reads it.
 */

/** The module that the edge's shim imports; the Wasm that it names is beside it. */
export const entryModule = "app.js";

/** Equal modules in equal order have equal bytes. */
export function writeBundle(modules: readonly (readonly [name: string, bytes: Uint8Array])[]): Buffer {
  const index = JSON.stringify(modules.map(([name, bytes]) => [name, bytes.length]));
  return Buffer.concat([Buffer.from(`${index}\n`), ...modules.map(([, bytes]) => bytes)]);
}
