/** Components made into what the edge runs, each once; the bundles are kept beside the modules on the operator's disk. */
import { LRUCache } from "lru-cache";
import { SharedRuns } from "../../kube/shared-runs.ts";
import { Slots } from "../../kube/slots.ts";
import type { BlobCache } from "../blob-cache.ts";
import { digestOf } from "../digest.ts";
import { ModuleError } from "../module-error.ts";
import { SourceUnavailable } from "../source-error.ts";

/** What is published instead of a module. */
export interface Adapted {
  /** `sha256:` and 64 hex digits, of bytes. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

export interface AdaptedModulesOptions {
  readonly cache: Pick<BlobCache, "get" | "put">;
  /** Makes the bundle of a component. */
  readonly transpile: (component: Uint8Array) => Promise<Uint8Array>;
}

/** Components of which the bundle's digest, or a refusal, is remembered. */
const most = 4096;
/** Milliseconds that a component waits for its turn, before whoever wants it has something else to do. */
const patienceMs = 5000;

/**
 * Guarantees: one component at a time is worked on; calls for the same one share the work; a refusal of the transpiler
 * stays one. Caveats: a bundle that the disk has no room for is made again when its bytes are asked for.
 */
export class AdaptedModules {
  readonly #options: AdaptedModulesOptions;
  readonly #made = new LRUCache<string, string>({ max: most });
  readonly #refused = new LRUCache<string, ModuleError>({ max: most });
  readonly #work = new SharedRuns<Adapted>();
  readonly #turn = new Slots(1);

  constructor(options: AdaptedModulesOptions) {
    this.#options = options;
  }

  /** Digest of what a component was made into; undefined when it was not, or not lately. */
  digestFor(digest: string): string | undefined {
    return this.#made.get(digest);
  }

  /**
   * component gives the bytes of digest, when they are needed. Errors: its own; transpile's; SourceUnavailable while others
   * are worked on.
   */
  adapt(digest: string, component: () => Promise<Uint8Array>): Promise<Adapted> {
    return this.#work.run(digest, () => this.#adapt(digest, component));
  }

  async #adapt(digest: string, component: () => Promise<Uint8Array>): Promise<Adapted> {
    const refused = this.#refused.get(digest);
    if (refused !== undefined) throw refused;
    const known = this.#made.get(digest);
    const kept = known === undefined ? undefined : await this.#options.cache.get(digest, known);
    if (known !== undefined && kept !== undefined) return { digest: known, bytes: kept };
    const leave = await this.#myTurn();
    try {
      return await this.#make(digest, await component());
    } finally {
      leave();
    }
  }

  async #myTurn(): Promise<() => void> {
    try {
      return await this.#turn.take(AbortSignal.timeout(patienceMs));
    } catch (error) {
      throw new SourceUnavailable("Another component is being transpiled; this one follows.", {
        cause: error,
      });
    }
  }

  async #make(digest: string, component: Uint8Array): Promise<Adapted> {
    const found = digestOf(component);
    if (found !== digest) throw new Error(`a component has the digest ${found} instead of ${digest}`);
    const bytes = await this.#transpile(digest, component);
    const adapted = { digest: digestOf(bytes), bytes };
    this.#made.set(digest, adapted.digest);
    await this.#options.cache.put(digest, adapted.digest, bytes);
    return adapted;
  }

  async #transpile(digest: string, component: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#options.transpile(component);
    } catch (error) {
      if (error instanceof ModuleError) this.#refused.set(digest, error);
      throw error;
    }
  }
}
