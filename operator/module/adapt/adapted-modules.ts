/** Components made into what the edge runs, each once: kept by digest in files of this process, within a limit. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../inspect.ts";
import { ModuleError } from "../module-error.ts";

/** What is published instead of a module. */
export interface Adapted {
  /** `sha256:` and 64 hex digits, of bytes. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

export interface AdaptedModulesOptions {
  /** Of this object alone: it is emptied at the start. */
  readonly folder: string;
  /** Makes the bundle of a component. */
  readonly transpile: (component: Uint8Array) => Promise<Uint8Array>;
  /** Bytes of all files; 256 MiB unless given. */
  readonly limit?: number;
}

interface Kept {
  readonly digest: string;
  readonly size: number;
}

/** Refusals that are kept. */
const mostRefusals = 1024;

/**
 * Guarantees: one component at a time is worked on; calls for the same one share the work; a refusal of the transpiler
 * stays one. Caveats: what was used longest ago is made again when it is asked for.
 */
export class AdaptedModules {
  readonly #options: AdaptedModulesOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #refused = new Map<string, ModuleError>();
  readonly #underWay = new Map<string, Promise<Adapted>>();
  #last: Promise<unknown>;
  #size = 0;

  constructor(options: AdaptedModulesOptions) {
    this.#options = options;
    this.#last = rm(options.folder, { recursive: true, force: true }).then(() =>
      mkdir(options.folder, { recursive: true }),
    );
    // Told by the first call.
    this.#last.catch(() => undefined);
  }

  /** Digest of what a component was made into; undefined when it was not, or not lately. */
  digestFor(digest: string): string | undefined {
    return this.#kept.get(digest)?.digest;
  }

  /** component gives the bytes of digest, when they are needed. Errors: its own; transpile's; those of the file system. */
  adapt(digest: string, component: () => Promise<Uint8Array>): Promise<Adapted> {
    const running = this.#underWay.get(digest);
    if (running !== undefined) return running;
    const work = this.#adapt(digest, component).finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, work);
    return work;
  }

  /** Ends with what is under way; removes all files. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  async #adapt(digest: string, component: () => Promise<Uint8Array>): Promise<Adapted> {
    const refused = this.#refused.get(digest);
    if (refused !== undefined) throw refused;
    const kept = await this.#read(digest);
    if (kept !== undefined) return kept;
    const turn = this.#last.then(() => this.#make(digest, component));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Undefined when it is not there as it was written. */
  async #read(digest: string): Promise<Adapted | undefined> {
    const known = this.#kept.get(digest);
    if (known === undefined) return undefined;
    this.#kept.delete(digest);
    this.#kept.set(digest, known);
    const bytes = await readFile(this.#path(digest)).catch(() => undefined);
    if (bytes !== undefined && digestOf(bytes) === known.digest) return { digest: known.digest, bytes };
    this.#forget(digest);
    return undefined;
  }

  async #make(digest: string, component: () => Promise<Uint8Array>): Promise<Adapted> {
    const bytes = await this.#transpile(digest, await component());
    const adapted = { digest: digestOf(bytes), bytes };
    await writeFile(this.#path(digest), bytes);
    this.#kept.set(digest, { digest: adapted.digest, size: bytes.length });
    this.#size += bytes.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= (this.#options.limit ?? 256 * 1024 * 1024) || oldest === digest) break;
      this.#forget(oldest);
      await rm(this.#path(oldest), { force: true });
    }
    return adapted;
  }

  async #transpile(digest: string, component: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#options.transpile(component);
    } catch (error) {
      if (error instanceof ModuleError) this.#refuse(digest, error);
      throw error;
    }
  }

  #forget(digest: string): void {
    this.#size -= this.#kept.get(digest)?.size ?? 0;
    this.#kept.delete(digest);
  }

  #refuse(digest: string, error: ModuleError): void {
    this.#refused.set(digest, error);
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > mostRefusals && oldest !== undefined) this.#refused.delete(oldest);
  }

  #path(digest: string): string {
    return join(this.#options.folder, digest.replace("sha256:", ""));
  }
}
