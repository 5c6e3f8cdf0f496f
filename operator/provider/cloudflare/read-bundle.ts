/** Reads the modules of a component out of the one piece that the transpiler's bundle is; `edge/pool/bundle.ts` does so in the pool. */

const lineFeed = 10;

/** Name and bytes of each. Throws when bytes are no bundle. */
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
