/** A module in an OCI registry: a tag becomes a digest once, and the digest stays until the spec names another artifact. */
import type {
  EdgeFunctionStatusModule,
  EdgeFunctionStatusModuleArtifact as Artifact,
} from "../../api/v1alpha1/generated/edge-function.ts";
import type { BlobCache } from "../blob-cache.ts";
import { type FoundModule, type ModuleRequest, statusOf, suits } from "../found-module.ts";
import type { Inspect } from "../remembered-inspection.ts";
import { SourceRefused, SourceUnavailable } from "../source-error.ts";
import type { PullSecretReader } from "./pull-credentials.ts";
import { nameOf, parseReference, type Reference } from "./reference.ts";
import { readArtifact } from "./read-artifact.ts";
import type { RegistryClient, Repository } from "./registry-client.ts";
import { checkSignature, type Demand } from "./signatures/check-signature.ts";
import type { KeyReader } from "./signatures/key-reader.ts";
import type { FollowedTag, TagWatch } from "./tag-watch.ts";

export interface OciSourceDeps {
  readonly registries: RegistryClient;
  readonly cache: BlobCache;
  readonly pullSecrets: PullSecretReader;
  readonly verificationKeys: KeyReader;
  readonly tags: TagWatch;
  readonly inspect: Inspect;
  /** Bytes of a module, and of the layer that it is in. */
  readonly maxSize: number;
}

export interface OciModule {
  readonly reference: string;
  readonly plainHTTP: boolean;
  readonly pullSecretRef?: { readonly name: string };
}

/** One function's source. */
interface Source {
  readonly request: ModuleRequest;
  readonly oci: OciModule;
  readonly reference: Reference;
  /** Milliseconds between two look-ups of the tag; undefined when it is not followed. */
  readonly pollMs: number | undefined;
  /** Undefined when no signature is asked for. */
  readonly demand: Demand | undefined;
}

export class OciSource {
  readonly #deps: OciSourceDeps;

  constructor(deps: OciSourceDeps) {
    this.#deps = deps;
  }

  /**
   * Asks no registry about an artifact that status knows, unless its tag is due to be looked up (pollMs is undefined
   * when it is not followed) or a signature is asked for that was not seen yet.
   * Errors: SourceRefused, SourceUnavailable, ModuleError, ApiError.
   */
  async resolve(request: ModuleRequest, oci: OciModule, pollMs: number | undefined): Promise<FoundModule> {
    const { spec, known } = request;
    const { verification } = spec;
    const demand = verification && (await this.#deps.verificationKeys.read(request.namespace, verification));
    const source = { request, oci, reference: referenceOf(oci), pollMs, demand };
    const pinned = known?.artifact?.reference === oci.reference ? known.artifact : undefined;
    if (known === undefined || pinned === undefined) return await this.#first(source);
    const { digest = pinned.digest, trouble } = await this.#newest(source);
    const seen = digest === pinned.digest ? pinned.signedBy : undefined;
    const artifact = await this.#checked(source, digest, seen);
    const bytes = (): Promise<Uint8Array> => this.#bytes(source, digest);
    const isKnown = digest === pinned.digest && suits(known, spec.abi);
    const found = isKnown
      ? { module: { ...known, artifact }, bytes }
      : await this.#inspected(request, artifact, await bytes());
    return { ...found, trouble };
  }

  /**
   * The bytes of a module that status knows, if they are on disk. Its signature is not asked for again: what is
   * published stays what it is.
   */
  async atHand(oci: OciModule, { artifact }: EdgeFunctionStatusModule): Promise<Uint8Array | undefined> {
    return artifact?.reference === oci.reference
      ? await this.#kept(referenceOf(oci), artifact.digest)
      : undefined;
  }

  /** The registry is asked also when all is on disk: it says whether this namespace may have it. */
  async #first(source: Source): Promise<FoundModule> {
    const { request, oci, reference, pollMs } = source;
    const { cache, tags } = this.#deps;
    return await this.#session(source, async (repository) => {
      const name = reference.digest ?? reference.tag ?? "";
      const { digest, bytes: manifest } = await repository.manifest(name);
      if (pollMs !== undefined) tags.looked(request.uid, oci.reference, { digest }, pollMs);
      const artifact = await this.#signed(source, digest, repository);
      await cache.put(nameOf(reference), digest, manifest);
      const bytes = await this.#download(reference, digest, repository);
      return await this.#inspected(request, artifact, bytes);
    });
  }

  async #inspected({ spec }: ModuleRequest, artifact: Artifact, bytes: Uint8Array): Promise<FoundModule> {
    const module = statusOf(await this.#deps.inspect(bytes, spec.abi));
    return { module: { ...module, artifact }, bytes: () => Promise.resolve(bytes) };
  }

  /** seen is the fingerprint of the key whose signature of this digest was seen before. */
  async #checked(source: Source, digest: string, seen: string | undefined): Promise<Artifact> {
    const { demand, oci } = source;
    if (seen !== undefined && demand?.keys.some(({ fingerprint }) => fingerprint === seen) === true)
      return { reference: oci.reference, digest, signedBy: seen };
    if (demand === undefined) return { reference: oci.reference, digest };
    return await this.#session(source, (repository) => this.#signed(source, digest, repository));
  }

  /** Nothing of an artifact is downloaded whose signature does not hold. */
  async #signed(
    { demand, oci, reference }: Source,
    digest: string,
    { places }: Repository,
  ): Promise<Artifact> {
    if (demand === undefined) return { reference: oci.reference, digest };
    const { fingerprint } = await checkSignature(places, { name: nameOf(reference), digest }, demand);
    return { reference: oci.reference, digest, signedBy: fingerprint };
  }

  /** A tag that cannot be looked up is no reason to stop: what is known serves on. */
  async #newest(source: Source): Promise<FollowedTag> {
    const { request, oci, reference, pollMs } = source;
    const { tags } = this.#deps;
    const { tag, digest: named } = reference;
    if (pollMs === undefined || tag === undefined || named !== undefined) return {};
    if (tags.dueIn(request.uid, oci.reference) === 0)
      tags.looked(request.uid, oci.reference, await this.#lookUp(source, tag), pollMs);
    return tags.latest(request.uid, oci.reference);
  }

  async #lookUp(source: Source, tag: string): Promise<FollowedTag> {
    try {
      return { digest: await this.#session(source, (repository) => repository.digestOf(tag)) };
    } catch (error) {
      if (!(error instanceof SourceRefused) && !(error instanceof SourceUnavailable)) throw error;
      return { trouble: `The tag could not be looked up: ${error.message}` };
    }
  }

  async #bytes(source: Source, digest: string): Promise<Uint8Array> {
    const { reference } = source;
    const kept = await this.#kept(reference, digest);
    if (kept !== undefined) return kept;
    return await this.#session(source, (repository) => this.#download(reference, digest, repository));
  }

  async #kept(reference: Reference, digest: string): Promise<Uint8Array | undefined> {
    const { cache, maxSize } = this.#deps;
    const name = nameOf(reference);
    const parts = {
      manifest: (part: string) => cache.get(name, part),
      layer: (part: { readonly digest: string }) => cache.get(name, part.digest),
    };
    return await readArtifact(parts, digest, { name, maxSize });
  }

  async #download(reference: Reference, digest: string, repository: Repository): Promise<Uint8Array> {
    const { cache, maxSize } = this.#deps;
    const name = nameOf(reference);
    const bytes = await readArtifact(
      {
        manifest: (part) => cache.fetch(name, part, async () => (await repository.manifest(part)).bytes),
        layer: (part) => cache.fetch(name, part.digest, () => repository.blob(part)),
      },
      digest,
      { name, maxSize },
    );
    if (bytes === undefined) throw new Error(`a part of ${name}@${digest} was neither given nor refused`);
    return bytes;
  }

  async #session<T>(
    { request, oci, reference }: Source,
    work: (repository: Repository) => Promise<T>,
  ): Promise<T> {
    const { registries, pullSecrets } = this.#deps;
    const { namespace, imagePullSecrets, serviceAccount } = request;
    const named = oci.pullSecretRef?.name;
    const where = { namespace, named, ofPods: imagePullSecrets, serviceAccount };
    const access = { plainHTTP: oci.plainHTTP, credentials: () => pullSecrets.read(where) };
    return await registries.session(reference, access, work);
  }
}

function referenceOf({ reference }: OciModule): Reference {
  const parsed = parseReference(reference);
  if (parsed !== undefined) return parsed;
  throw new SourceRefused(
    "ModuleNotFound",
    `spec.module.oci.reference is "${reference}", which is no reference with a registry and a tag or a digest, such as registry.example.com/shop/checkout:1.4.2.`,
  );
}
