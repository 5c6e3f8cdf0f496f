/** Builds images under names that follow from their content, and only those whose content has changed. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { withLock } from "../lock.ts";
import { type ImageFile, type WrittenImage, writeOciArchive } from "../oci-archive.ts";
import type { ImageContent, ImageDefinition } from "./base.ts";

export interface BuiltImage extends WrittenImage {
  /** `ebb.local/<image>:<content hash>` */
  readonly name: string;
  /** Path of the OCI archive. */
  readonly archive: string;
  /** False when the archive was there already. */
  readonly rebuilt: boolean;
}

/**
 * Builds one image into `folder`: `<image>.tar` and beside it what is known of it.
 * Guarantees: one process at a time builds an image; unchanged content is not written again.
 * Errors: an image above its definition's limit, which is told with both sizes.
 */
export async function buildImage(
  image: string,
  definition: ImageDefinition,
  folder: string,
): Promise<BuiltImage> {
  await mkdir(folder, { recursive: true });
  return withLock(join(folder, `.${image}.lock`), async () => {
    const work = await mkdtemp(join(tmpdir(), `ebb-image-${image}-`));
    try {
      const content = await definition.content(work);
      const name = `ebb.local/${image}:${await contentHash(content)}`;
      const built = (await readBuilt(image, folder, name)) ?? (await write(image, folder, name, content));
      if (definition.limit !== undefined && built.unpackedBytes > definition.limit) {
        throw new Error(
          `image ${image} has ${built.unpackedBytes} bytes unpacked, its limit is ${definition.limit}`,
        );
      }
      return built;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

async function write(
  image: string,
  folder: string,
  name: string,
  content: ImageContent,
): Promise<BuiltImage> {
  const archive = join(folder, `${image}.tar`);
  await rm(recordPath(folder, image), { force: true });
  const written = await writeOciArchive({ ...content, name, out: archive });
  const { size } = await stat(archive);
  const record: ImageRecord = { name, size, ...written };
  await writeFile(recordPath(folder, image), `${JSON.stringify(record, undefined, 2)}\n`);
  return { name, archive, rebuilt: true, ...written };
}

/** What lies beside an archive. */
interface ImageRecord extends WrittenImage {
  readonly name: string;
  /** Bytes of the archive. */
  readonly size: number;
}

function recordPath(folder: string, image: string): string {
  return join(folder, `${image}.json`);
}

/** The image that was built before, when it has this name and its archive is whole. */
async function readBuilt(image: string, folder: string, name: string): Promise<BuiltImage | undefined> {
  const [archive, path] = [join(folder, `${image}.tar`), recordPath(folder, image)];
  if (!existsSync(path) || !existsSync(archive)) return undefined;
  const record = JSON.parse(await readFile(path, "utf8")) as ImageRecord;
  if (record.name !== name || (await stat(archive)).size !== record.size) return undefined;
  return { name, archive, rebuilt: false, digest: record.digest, unpackedBytes: record.unpackedBytes };
}

/** Sixteen hex digits that follow from the files' paths, modes and bytes and from the image's settings. */
async function contentHash({ files, ...settings }: ImageContent): Promise<string> {
  const described = await Promise.all(files.map(async (file) => [file.path, await describe(file)]));
  const sorted = described.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([sorted, settings]))
    .digest("hex")
    .slice(0, 16);
}

async function describe(file: ImageFile): Promise<string> {
  if ("linkTo" in file) return `link ${file.linkTo}`;
  if ("directory" in file) return `directory ${file.mode}`;
  const hash = createHash("sha256");
  if ("content" in file) hash.update(file.content);
  else await pipeline(createReadStream(file.from, { highWaterMark: 1 << 20 }), hash);
  const runnable = "from" in file && ((await stat(file.from)).mode & 0o100) !== 0;
  return `file ${file.mode ?? runnable} ${hash.digest("hex")}`;
}
