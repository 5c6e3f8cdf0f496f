/** Reads artifacts from a registry, or from its mirrors before it. */
import { digestOf } from "../digest.ts";
import { SourceRefused, SourceUnavailable } from "../source-error.ts";
import type { Web, WebSession } from "../web/web.ts";
import type { Descriptor } from "./layout.ts";
import { manifestTypes, maxManifestSize } from "./manifest-types.ts";
import type { PullCredentials } from "./pull-credentials.ts";
import { apiHost, type Reference } from "./reference.ts";
import { RegistryEndpoint } from "./registry-endpoint.ts";
import { placeAt } from "./signatures/place-at.ts";
import type { Place } from "./signatures/find-signatures.ts";

export interface RegistryAccess {
  /** Whether the registry speaks http. */
  readonly plainHTTP: boolean;
  readonly credentials: () => Promise<PullCredentials>;
}

/** URLs that are asked before a registry, by its host. A path of one comes before the repository. */
export type Mirrors = Readonly<Record<string, readonly string[]>>;

interface NamedManifest {
  /** `sha256:` and 64 hex digits, of bytes. */
  readonly digest: string;
  readonly bytes: Buffer;
}

/** One repository, for the length of one piece of work. Errors: SourceRefused, SourceUnavailable. */
export interface Repository {
  /** Digest of the manifest that has the tag now. */
  digestOf(tag: string): Promise<string>;
  /** By its tag or digest. */
  manifest(name: string): Promise<NamedManifest>;
  /** Bytes of a layer, checked while they come. */
  blob(descriptor: Descriptor): Promise<Buffer>;
  /** Where signatures may be: mirrors, then the registry itself. */
  readonly places: readonly Place[];
}

export class RegistryClient {
  readonly #web: Web;
  readonly #mirrors: Mirrors;
  readonly #maxSize: number;

  /** maxSize is that of a layer, in bytes. */
  constructor(web: Web, mirrors: Mirrors, maxSize: number) {
    this.#web = web;
    this.#mirrors = mirrors;
    this.#maxSize = maxSize;
  }

  /** Runs work on the reference's repository. Errors: what work throws. */
  async session<T>(
    reference: Reference,
    access: RegistryAccess,
    work: (repository: Repository) => Promise<T>,
  ): Promise<T> {
    return await this.#web.session((web) => work(this.#repository(web, reference, access)));
  }

  #repository(web: WebSession, reference: Reference, access: RegistryAccess): Repository {
    const endpoints = this.#endpoints(web, reference, access);
    return {
      digestOf: (tag) => firstOf(endpoints, (endpoint) => headDigest(endpoint, tag)),
      manifest: (name) => firstOf(endpoints, (endpoint) => getManifest(endpoint, name)),
      blob: async (descriptor) => {
        await web.room();
        return await firstOf(endpoints, (endpoint) => this.#blob(endpoint, descriptor));
      },
      places: endpoints.map(placeAt),
    };
  }

  #endpoints(
    web: WebSession,
    reference: Reference,
    { plainHTTP, credentials }: RegistryAccess,
  ): RegistryEndpoint[] {
    const { registry, repository } = reference;
    const mirrors = (this.#mirrors[registry] ?? []).map((text) => {
      const url = new URL(text);
      const path = url.pathname.split("/").filter((part) => part !== "");
      return new RegistryEndpoint({
        web,
        base: new URL(url.origin),
        repository: [...path, repository].join("/"),
        mirrorOf: registry,
        credentials,
      });
    });
    const base = new URL(`${plainHTTP ? "http" : "https"}://${apiHost(reference)}`);
    return [...mirrors, new RegistryEndpoint({ web, base, repository, credentials })];
  }

  async #blob(endpoint: RegistryEndpoint, { digest, size }: Descriptor): Promise<Buffer> {
    const title = `Layer ${digest} of ${endpoint.title}`;
    const reply = await endpoint.get(`blobs/${digest}`);
    return await reply.bytes({ title, digest, size, maxSize: this.#maxSize, limit: "modules.maxSize" });
  }
}

/** What the first gives that can; the last one's error counts, since it is the registry itself. */
async function firstOf<T>(
  endpoints: readonly RegistryEndpoint[],
  ask: (endpoint: RegistryEndpoint) => Promise<T>,
): Promise<T> {
  for (const [index, endpoint] of endpoints.entries()) {
    try {
      return await ask(endpoint);
    } catch (error) {
      const mayGoOn = error instanceof SourceRefused || error instanceof SourceUnavailable;
      if (!mayGoOn || index === endpoints.length - 1) throw error;
    }
  }
  throw new Error("a registry has at least one endpoint");
}

async function headDigest(endpoint: RegistryEndpoint, tag: string): Promise<string> {
  const reply = await endpoint.get(`manifests/${tag}`, { method: "HEAD", accept: manifestTypes });
  await reply.dump();
  const digest = reply.header("docker-content-digest");
  // Not every registry tells it.
  if (digest === undefined || !/^sha256:[0-9a-f]{64}$/.test(digest))
    return (await getManifest(endpoint, tag)).digest;
  return digest;
}

async function getManifest(endpoint: RegistryEndpoint, name: string): Promise<NamedManifest> {
  const reply = await endpoint.get(`manifests/${name}`, { accept: manifestTypes });
  const title = `Manifest ${name} of ${endpoint.title}`;
  const wanted = name.startsWith("sha256:") ? { digest: name } : {};
  const bytes = await reply.bytes({ title, maxSize: maxManifestSize, ...wanted });
  return { digest: digestOf(bytes), bytes };
}
