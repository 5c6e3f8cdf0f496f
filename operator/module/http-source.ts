/** A module at a URL, which must be the one that the spec names by its digest. */
import type { BlobCache } from "./blob-cache.ts";
import { type FoundModule, type ModuleRequest, statusOf, suits } from "./found-module.ts";
import type { Inspect } from "./remembered-inspection.ts";
import { SourceRefused, SourceUnavailable } from "./source-error.ts";
import type { Web } from "./web/web.ts";

export interface HttpSourceDeps {
  readonly web: Web;
  readonly cache: BlobCache;
  readonly inspect: Inspect;
  /** Bytes of a module. */
  readonly maxSize: number;
}

export interface HttpModule {
  readonly url: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
}

export class HttpSource {
  readonly #deps: HttpSourceDeps;

  constructor(deps: HttpSourceDeps) {
    this.#deps = deps;
  }

  /** Asks nobody for a file that status knows. Errors: SourceRefused, SourceUnavailable, ModuleError. */
  async resolve({ spec, known }: ModuleRequest, source: HttpModule): Promise<FoundModule> {
    const { url: reference, digest } = source;
    const bytes = (): Promise<Uint8Array> => this.#bytes(source);
    const isKnown = known?.digest === digest && known.artifact?.reference === reference;
    if (isKnown && suits(known, spec.abi)) return { module: known, bytes };
    const module = statusOf(await this.#deps.inspect(await bytes(), spec.abi));
    return { module: { ...module, artifact: { reference, digest } }, bytes };
  }

  /** The bytes if they are on disk. */
  async atHand({ url, digest }: HttpModule): Promise<Uint8Array | undefined> {
    return await this.#deps.cache.get(url, digest);
  }

  async #bytes({ url, digest }: HttpModule): Promise<Uint8Array> {
    return await this.#deps.cache.fetch(url, digest, () => this.#download(new URL(url), digest));
  }

  /** Messages name the host only: the rest of a URL may be a secret. */
  async #download(url: URL, digest: string): Promise<Buffer> {
    const { web, maxSize } = this.#deps;
    return await web.session(async ({ send, room }) => {
      await room();
      const reply = await send(url);
      const title = `The module at ${url.host}`;
      if (reply.status === 200)
        return await reply.bytes({ title, digest, maxSize, limit: "modules.maxSize" });
      await reply.dump();
      if (reply.status === 401 || reply.status === 403)
        throw new SourceRefused(
          "ModuleForbidden",
          `${url.host} refuses the module at spec.module.http.url with ${reply.status}. Ebb shows it no credentials: give it to everybody, or put it in an OCI registry.`,
        );
      if (reply.status === 404 || reply.status === 410)
        throw new SourceRefused(
          "ModuleNotFound",
          `${url.host} has nothing at spec.module.http.url; it answered ${reply.status}. Correct the URL, or put the module there.`,
        );
      throw new SourceUnavailable(`${url.host} answered ${reply.status} to a request for the module.`);
    });
  }
}
