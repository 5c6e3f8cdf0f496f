/** Writes ustar streams in which nothing depends on when, where or by whom they are made. */

export type TarEntry =
  | {
      readonly type: "file";
      readonly path: string;
      readonly mode: number;
      readonly size: number;
      readonly data: TarData;
    }
  | { readonly type: "directory"; readonly path: string; readonly mode: number }
  | { readonly type: "link"; readonly path: string; readonly target: string };

/** The bytes of a file; their sum must be the entry's size. */
type TarData = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

const block = 512;

/**
 * Yields the archive's bytes, entries in the order given, all of them owned by root and as old as the epoch.
 * Errors: a path above 255 bytes that cannot be split, a link target above 100, data of another size than announced.
 */
export async function* tarStream(entries: Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield header(entry);
    if (entry.type !== "file") continue;
    let written = 0;
    for await (const chunk of entry.data) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== entry.size)
      throw new Error(`${entry.path} has ${written} bytes, announced were ${entry.size}`);
    yield new Uint8Array(padding(entry.size));
  }
  yield new Uint8Array(2 * block);
}

function padding(size: number): number {
  return (block - (size % block)) % block;
}

function header(entry: TarEntry): Uint8Array {
  const buffer = Buffer.alloc(block);
  const [prefix, name] = splitPath(entry.type === "directory" ? `${entry.path}/` : entry.path);
  const target = entry.type === "link" ? entry.target : "";
  if (Buffer.byteLength(target) > 100) throw new Error(`link target is too long for a tar header: ${target}`);
  buffer.write(name, 0);
  buffer.write(octal(entry.type === "link" ? 0o777 : entry.mode, 8), 100);
  buffer.write(octal(0, 8), 108); // uid
  buffer.write(octal(0, 8), 116); // gid
  buffer.write(octal(entry.type === "file" ? entry.size : 0, 12), 124);
  buffer.write(octal(0, 12), 136); // mtime
  buffer.write(" ".repeat(8), 148); // the checksum counts as spaces
  buffer.write({ file: "0", link: "2", directory: "5" }[entry.type], 156);
  buffer.write(target, 157);
  buffer.write("ustar\u000000", 257);
  buffer.write(prefix, 345);
  const sum = buffer.reduce((total, byte) => total + byte, 0);
  buffer.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return buffer;
}

function octal(value: number, width: number): string {
  const digits = value.toString(8).padStart(width - 1, "0");
  if (digits.length >= width) throw new Error(`${value} does not fit into ${width - 1} octal digits`);
  return `${digits}\0`;
}

/** A name holds 100 bytes, its prefix 155 more, split at a slash. */
function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ["", path];
  for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (name !== "" && Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155)
      return [prefix, name];
  }
  throw new Error(`path is too long for a tar header: ${path}`);
}
