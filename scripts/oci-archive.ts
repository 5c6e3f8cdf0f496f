/** Writes a one-layer OCI image archive that `ctr images import` and podman load, with no container engine and no tar. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readlink, rename, rm, stat } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type TarEntry, tarStream } from "./images/tar.ts";

/** One thing of the image at the absolute `path`; folders above it are added. A copied file keeps its run bit unless `mode` says otherwise. */
export type ImageFile =
  | { readonly path: string; readonly from: string; readonly mode?: number }
  | { readonly path: string; readonly content: string | Uint8Array; readonly mode?: number }
  | { readonly path: string; readonly linkTo: string }
  | { readonly path: string; readonly directory: true; readonly mode?: number };

export interface ImageSpec {
  /** `repository:tag`, the name under which the archive is imported. */
  readonly name: string;
  readonly files?: readonly ImageFile[];
  /** Folder whose content becomes the image's root, below `files`. */
  readonly rootfs?: string;
  readonly entrypoint: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `uid:gid` */
  readonly user?: string;
  readonly workdir?: string;
  /** Path of the archive; its folder is made. */
  readonly out: string;
}

export interface WrittenImage {
  /** `sha256:` digest of the image's manifest. */
  readonly digest: string;
  /** Sum of the sizes of the image's files. */
  readonly unpackedBytes: number;
}

/**
 * Guarantees: equal files and settings give equal bytes; `out` appears whole or not at all.
 * Errors: a source file that is missing, a path given twice, a path too long for ustar.
 */
export async function writeOciArchive(spec: ImageSpec): Promise<WrittenImage> {
  await mkdir(dirname(spec.out), { recursive: true });
  const work = await mkdtemp(`${spec.out}.`);
  try {
    const entries = await layerEntries(spec);
    const layer = await writeLayer(entries, join(work, "layer"));
    const config = json(imageConfig(spec, layer.diffId));
    const manifest = json({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: digestOf(config),
        size: config.length,
      },
      layers: [
        { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: layer.digest, size: layer.size },
      ],
    });
    await writeArchive(join(work, "archive"), [
      file("oci-layout", json({ imageLayoutVersion: "1.0.0" })),
      file("index.json", json(index(spec.name, manifest))),
      ...[config, manifest].map((blob) => file(blobPath(digestOf(blob)), blob)),
      {
        type: "file",
        path: blobPath(layer.digest),
        mode: 0o644,
        size: layer.size,
        data: createReadStream(layer.path),
      },
    ]);
    await rename(join(work, "archive"), spec.out);
    const unpackedBytes = entries.reduce((sum, entry) => sum + (entry.type === "file" ? entry.size : 0), 0);
    return { digest: digestOf(manifest), unpackedBytes };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function imageConfig(spec: ImageSpec, diffId: string): unknown {
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", ...spec.env };
  return {
    created: "1970-01-01T00:00:00Z",
    architecture: "amd64",
    os: "linux",
    config: {
      Entrypoint: spec.entrypoint,
      ...(spec.cmd && { Cmd: spec.cmd }),
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      ...(spec.user !== undefined && { User: spec.user }),
      WorkingDir: spec.workdir ?? "/",
    },
    rootfs: { type: "layers", diff_ids: [diffId] },
    // Optional, but buildah refuses to build upon an image that does not tell of its layers.
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "ebb" }],
  };
}

function index(name: string, manifest: Buffer): unknown {
  const annotations = {
    "io.containerd.image.name": name,
    "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
  };
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const descriptor = { mediaType, digest: digestOf(manifest), size: manifest.length, annotations };
  return { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [descriptor] };
}

/** All entries of the image, folders before what they hold, sorted by path. */
export async function layerEntries({
  rootfs,
  files = [],
}: Pick<ImageSpec, "rootfs" | "files">): Promise<TarEntry[]> {
  const entries = new Map<string, TarEntry>();
  for (const source of [...(rootfs === undefined ? [] : await filesBelow(rootfs, "/")), ...files]) {
    const path = posix.normalize(source.path).replace(/^\/|\/$/g, "");
    if (entries.get(path) !== undefined) throw new Error(`image path is given twice: /${path}`);
    entries.set(path, await entryOf(path, source));
  }
  for (const path of entries.keys()) {
    const above = posix.dirname(path);
    if (above !== "." && !entries.has(above))
      entries.set(above, { type: "directory", path: above, mode: 0o755 });
  }
  return [...entries.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function entryOf(path: string, source: ImageFile): Promise<TarEntry> {
  if ("linkTo" in source) return { type: "link", path, target: source.linkTo };
  if ("directory" in source) return { type: "directory", path, mode: source.mode ?? 0o755 };
  if ("content" in source) return { ...file(path, Buffer.from(source.content)), mode: source.mode ?? 0o644 };
  const { size, mode } = await stat(source.from);
  // Only the run bit is taken over: the rest depends on the umask of whoever made the file.
  const runnable = (mode & 0o100) !== 0 ? 0o755 : 0o644;
  return { type: "file", path, mode: source.mode ?? runnable, size, data: contentOf(source.from) };
}

/** Opens the file only when its bytes are wanted. */
async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 1 << 20 });
}

/** Everything in a folder as files of an image, at the image's path `at`. */
export async function filesBelow(folder: string, at: string): Promise<ImageFile[]> {
  const found: ImageFile[] = [];
  for (const name of await readdir(folder)) {
    const [from, path] = [join(folder, name), posix.join(at, name)];
    const info = await lstat(from);
    if (info.isSymbolicLink()) found.push({ path, linkTo: await readlink(from) });
    else if (info.isDirectory()) found.push({ path, directory: true }, ...(await filesBelow(from, path)));
    else if (info.isFile()) found.push({ path, from });
    else throw new Error(`cannot put a device, socket or pipe into an image: ${from}`);
  }
  return found;
}

interface Layer {
  readonly path: string;
  readonly diffId: string;
  readonly digest: string;
  readonly size: number;
}

async function writeLayer(entries: readonly TarEntry[], path: string): Promise<Layer> {
  const [unpacked, packed] = [createHash("sha256"), createHash("sha256")];
  // The fastest level: these archives are imported on the machine that makes them.
  const gzip = createGzip({ level: 1 });
  await pipeline(
    Readable.from(tarStream(entries)),
    tap(unpacked),
    gzip,
    tap(packed),
    createWriteStream(path),
  );
  const { size } = await stat(path);
  return { path, size, diffId: `sha256:${unpacked.digest("hex")}`, digest: `sha256:${packed.digest("hex")}` };
}

function tap(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

async function writeArchive(path: string, entries: readonly TarEntry[]): Promise<void> {
  await pipeline(Readable.from(tarStream(entries)), createWriteStream(path));
}

function file(path: string, content: Buffer): Extract<TarEntry, { type: "file" }> {
  return { type: "file", path, mode: 0o644, size: content.length, data: [content] };
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
