/** Reads the modules of one worker from the piece that `operator/api/bundle.ts` writes. */

type Modules = Readonly<Record<string, string | { readonly wasm: ArrayBuffer }>>;

const lineFeed = 10;

/** Names of modules that come from elsewhere: the shim's own. */
const reserved = "main.js";

/** Throws when the bytes are no bundle; the message says why. */
export function readBundle(bytes: ArrayBuffer): Modules {
  const all = new Uint8Array(bytes);
  const end = all.indexOf(lineFeed);
  const index = parseIndex(new TextDecoder().decode(all.subarray(0, end)));
  let at = end + 1;
  const modules = index.map(([name, length]) => {
    at += length;
    return [name, contentOf(name, bytes.slice(at - length, at))] as const;
  });
  if (at !== bytes.byteLength) throw new Error("the bundle's parts are not as long as it says");
  return Object.fromEntries(modules);
}

function parseIndex(text: string): readonly (readonly [name: string, length: number])[] {
  const index = JSON.parse(text) as unknown;
  if (Array.isArray(index) && index.every(isPart)) return index;
  throw new Error("the bundle's first line does not name its parts");
}

function isPart(value: unknown): value is readonly [string, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [name, length] = value as unknown[];
  return typeof name === "string" && name !== reserved && Number.isInteger(length) && (length as number) >= 0;
}

function contentOf(name: string, bytes: ArrayBuffer): Modules[string] {
  return name.endsWith(".wasm") ? { wasm: bytes } : new TextDecoder().decode(bytes);
}
