/** Takes the one .wasm file out of an image's layer. */
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { unpackTar } from "modern-tar";
import { SourceRefused } from "../source-error.ts";
import type { Packing } from "./layout.ts";

const unzip = { TarGzip: promisify(gunzip), TarZstd: promisify(zstdDecompress) } as const;

/**
 * The module in a layer's bytes; other files of it are left out. title names the layer, for messages.
 * Errors: SourceRefused with LayoutUnsupported, or ModuleTooLarge when the files have more than maxSize bytes.
 */
export async function moduleIn(
  bytes: Buffer,
  packing: Packing,
  { title, maxSize }: { readonly title: string; readonly maxSize: number },
): Promise<Uint8Array> {
  if (packing === "Plain") return bytes;
  const archive = packing === "Tar" ? bytes : await inflate(bytes, packing, title, maxSize);
  const files = await readTar(archive, title);
  const [file, ...others] = files;
  if (file !== undefined && others.length === 0) return file;
  throw new SourceRefused(
    "LayoutUnsupported",
    `${title} has ${files.length} files that end in .wasm; an image needs exactly one. Build it FROM scratch with the module alone.`,
  );
}

async function inflate(
  bytes: Buffer,
  packing: keyof typeof unzip,
  title: string,
  maxSize: number,
): Promise<Buffer> {
  try {
    return await unzip[packing](bytes, { maxOutputLength: maxSize });
  } catch (error) {
    if (error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE")
      throw new SourceRefused(
        "ModuleTooLarge",
        `${title} unpacks to more than ${maxSize} bytes, which is what this operator takes. Build the image FROM scratch with the module alone.`,
        { cause: error },
      );
    throw new SourceRefused("LayoutUnsupported", `${title} cannot be unpacked. Push it again.`, {
      cause: error,
    });
  }
}

async function readTar(archive: Uint8Array, title: string): Promise<Uint8Array[]> {
  try {
    const entries = await unpackTar(archive, {
      strict: true,
      filter: ({ name, type }) => type === "file" && name.endsWith(".wasm"),
    });
    return entries.map(({ data }) => data ?? new Uint8Array());
  } catch (error) {
    throw new SourceRefused("LayoutUnsupported", `${title} is no tar archive. Push it again.`, {
      cause: error,
    });
  }
}
