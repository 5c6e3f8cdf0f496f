/**
 * The artifact of an adapted module: the modules of one worker in one piece. The first line is JSON, `[[name, length], …]`;
 * after it come their bytes in that order. Names end in `.js` (an ES module) or `.wasm`. The pool reads it by `edge/pool/bundle.ts`.
 */

/** The module that the edge's shim imports; the Wasm that it names is beside it. */
export const entryModule = "app.js";

/** Equal modules in equal order have equal bytes. */
export function writeBundle(modules: readonly (readonly [name: string, bytes: Uint8Array])[]): Buffer {
  const index = JSON.stringify(modules.map(([name, bytes]) => [name, bytes.length]));
  return Buffer.concat([Buffer.from(`${index}\n`), ...modules.map(([, bytes]) => bytes)]);
}

const lineFeed = 10;

/** Name and bytes of each, as they were written. Throws when bytes are no bundle. */
export function readBundle(bytes: Uint8Array): [name: string, content: Uint8Array][] {
  const end = bytes.indexOf(lineFeed);
  const index = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as [string, number][];
  let at = end + 1;
  const parts = index.map(([name, length]): [string, Uint8Array] => {
    at += length;
    return [name, bytes.subarray(at - length, at)];
  });
  if (at !== bytes.length) throw new Error("the bundle's parts are not as long as it says");
  return parts;
}
