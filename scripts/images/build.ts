/** Builds images under names that follow from their content, and only those whose content has changed. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { withLock } from "../lock.ts";
import { type ImageFile, type WrittenImage, writeOciArchive } from "../oci-archive.ts";
import type { ImageContent, ImageDefinition } from "./base.ts";
import { sbomOf } from "./sbom.ts";

export interface BuiltImage extends WrittenImage {
  /** `ebb.local/<image>:<content hash>` */
  readonly name: string;
  /** Path of the OCI archive. */
  readonly archive: string;
  /** False when the archive was there already. */
  readonly rebuilt: boolean;
}

/**
 * Builds one image into `folder`: `<image>.tar` and beside it what is known of it and its bill of materials.
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
      const { origins = [], ...content } = await definition.content(work);
      const digests = await digestsOf(content.files);
      const name = `ebb.local/${image}:${contentHash(content, digests)}`;
      const sbom = await sbomOf({ name, files: content.files, digests, origins });
      await writeFile(join(folder, `${image}.cdx.json`), sbom);
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
function contentHash({ files, ...settings }: ImageContent, digests: ReadonlyMap<string, string>): string {
  const described = files.map((file) => [file.path, describe(file, digests.get(file.path) ?? "")]);
  const sorted = described.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([sorted, settings]))
    .digest("hex")
    .slice(0, 16);
}

function describe(file: ImageFile, digest: string): string {
  if ("linkTo" in file) return `link ${file.linkTo}`;
  if ("directory" in file) return `directory ${file.mode}`;
  const runnable = "from" in file && (statSync(file.from).mode & 0o100) !== 0;
  return `file ${file.mode ?? runnable} ${digest}`;
}

/** SHA-256 in hex of what each file holds, by path; nothing for folders and links. */
async function digestsOf(files: readonly ImageFile[]): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const file of files) {
    if (!("from" in file || "content" in file)) continue;
    const hash = createHash("sha256");
    if ("content" in file) hash.update(file.content);
    else await pipeline(createReadStream(file.from, { highWaterMark: 1 << 20 }), hash);
    digests.set(file.path, hash.digest("hex"));
  }
  return digests;
}
