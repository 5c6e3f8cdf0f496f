/** Downloaded bytes on the operator's disk, by where they came from and by their digest. */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SharedRuns } from "../kube/shared-runs.ts";
import type { Logger } from "../telemetry/log.ts";
import { digestOf } from "./digest.ts";

export interface BlobCacheOptions {
  /** Made when it is not there. No other process may use it. */
  readonly dir: string;
  /** Bytes of all that is kept. */
  readonly maxBytes: number;
  readonly log: Logger;
}

/** Names of files that are being written. */
const partial = "partial-";

/**
 * Guarantees: what is given has its digest, whatever happened to the disk; a file is there whole or not at all; of many
 * callers that want the same bytes at once, one downloads. What was used last stays when there is no more room.
 * Caveats: a disk that cannot be written is logged and stops nobody.
 */
export class BlobCache {
  readonly #options: BlobCacheOptions;
  readonly #downloads = new SharedRuns<Buffer>();
  /** Names of the files and their bytes, those that were used last at the end. */
  #files: Promise<Map<string, number>> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: BlobCacheOptions) {
    this.#options = options;
  }

  /** origin tells who may have them: bytes are found only where they came from. */
  async get(origin: string, digest: string): Promise<Buffer | undefined> {
    const name = nameOf(origin, digest);
    const files = await this.#known();
    const size = files.get(name);
    if (size === undefined) return undefined;
    files.delete(name);
    files.set(name, size);
    const bytes = await this.#read(name);
    if (bytes !== undefined && digestOf(bytes) === digest) return bytes;
    this.#options.log.warn({ name }, "a cached module was spoiled; it is downloaded again");
    files.delete(name);
    await this.#remove(name);
    return undefined;
  }

  /** Kept bytes, else those of download, which must have the digest. Errors: those of download. */
  async fetch(origin: string, digest: string, download: () => Promise<Buffer>): Promise<Buffer> {
    const load = (): Promise<Buffer> => this.#load(origin, digest, download);
    return await this.#downloads.run(nameOf(origin, digest), load);
  }

  /** Keeps bytes, unless they alone are more than all that may be kept. */
  async put(origin: string, digest: string, bytes: Uint8Array): Promise<void> {
    const write = this.#writing.then(() => this.#write(nameOf(origin, digest), bytes));
    this.#writing = write;
    await write;
  }

  async #load(origin: string, digest: string, download: () => Promise<Buffer>): Promise<Buffer> {
    const kept = await this.get(origin, digest);
    if (kept !== undefined) return kept;
    const bytes = await download();
    await this.put(origin, digest, bytes);
    return bytes;
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    const { dir, maxBytes, log } = this.#options;
    const files = await this.#known();
    if (bytes.length > maxBytes || files.has(name)) return;
    const path = join(dir, partial + randomUUID());
    try {
      await this.#makeRoom(files, maxBytes - bytes.length);
      await writeFile(path, bytes, { flush: true });
      await rename(path, join(dir, name));
      files.set(name, bytes.length);
    } catch (error) {
      log.warn({ err: error }, "a module could not be kept on disk");
      await this.#remove(path.slice(dir.length + 1));
    }
  }

  async #makeRoom(files: Map<string, number>, room: number): Promise<void> {
    let used = [...files.values()].reduce((sum, size) => sum + size, 0);
    for (const [name, size] of files) {
      if (used <= room) return;
      files.delete(name);
      await rm(join(this.#options.dir, name), { force: true });
      used -= size;
    }
  }

  async #read(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.#options.dir, name));
    } catch (error) {
      this.#options.log.warn({ err: error }, "a cached module could not be read");
      return undefined;
    }
  }

  async #remove(name: string): Promise<void> {
    try {
      await rm(join(this.#options.dir, name), { force: true });
    } catch (error) {
      this.#options.log.warn({ err: error }, "a file could not be removed from the module cache");
    }
  }

  #known(): Promise<Map<string, number>> {
    this.#files ??= this.#scan();
    return this.#files;
  }

  /** What a former process has left: whole files count, begun ones go. */
  async #scan(): Promise<Map<string, number>> {
    const { dir, log } = this.#options;
    try {
      await mkdir(dir, { recursive: true });
      const names = await readdir(dir);
      await Promise.all(names.filter((name) => name.startsWith(partial)).map((name) => this.#remove(name)));
      const whole = names.filter((name) => !name.startsWith(partial));
      const found = await Promise.all(
        whole.map(async (name) => ({ name, ...pick(await stat(join(dir, name))) })),
      );
      const oldestFirst = found.toSorted((left, right) => left.mtimeMs - right.mtimeMs);
      return new Map(oldestFirst.map(({ name, size }) => [name, size]));
    } catch (error) {
      log.warn({ err: error }, "the folder for modules cannot be used; they are downloaded each time");
      return new Map();
    }
  }
}

function pick({ mtimeMs, size }: { readonly mtimeMs: number; readonly size: number }): {
  readonly mtimeMs: number;
  readonly size: number;
} {
  return { mtimeMs, size };
}

function nameOf(origin: string, digest: string): string {
  return `${createHash("sha256").update(origin).digest("hex").slice(0, 32)}-${digest.replace(":", "-")}`;
}
