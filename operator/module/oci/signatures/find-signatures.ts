/** Finds the signatures of an artifact beside it: what refers to it, and what the tag that cosign 2 makes names. */
import { SourceRefused } from "../../source-error.ts";
import { objectOf, parseJson } from "../json.ts";
import type { Descriptor } from "../layout.ts";
import { simpleSigningType } from "./simple-signing.ts";
import { bundleTypes, signPredicate } from "./sigstore-bundle.ts";

/** One server that may have them. Errors: SourceRefused, SourceUnavailable. */
export interface Place {
  /** The manifest of that tag or digest; undefined when there is none. */
  find(name: string): Promise<Uint8Array | undefined>;
  /** What refers to the artifact, as indexes, one a page; undefined when the server keeps no such list. */
  referrers(digest: string): Promise<readonly Uint8Array[] | undefined>;
  /** A small blob. */
  piece(descriptor: Pick<Descriptor, "digest" | "size">): Promise<Uint8Array>;
}

export type Signature =
  | { readonly kind: "Bundle"; readonly title: string; readonly bytes: Uint8Array }
  | {
      readonly kind: "SimpleSigning";
      readonly title: string;
      readonly bytes: Uint8Array;
      /** In base64. */
      readonly signature: string;
    }
  /** why follows the title. */
  | { readonly kind: "Unread"; readonly title: string; readonly why: string };

interface Entry {
  readonly mediaType: string;
  readonly artifactType: string | undefined;
  readonly digest: string;
  readonly size: number;
  readonly annotations: Record<string, unknown>;
}

/** A referrer that cosign 2 makes instead of a tag when it is told to. */
const signatureArtifact = "application/vnd.dev.cosign.artifact.sig.v1+json";
const predicateAnnotation = "dev.sigstore.bundle.predicateType";
const signatureAnnotation = "dev.cosignproject.cosign/signature";
/** Referrers, and signatures, of one artifact at one server; what comes after them is not read. */
const maxRead = 128;

/** Errors: those of place, but not when a single one cannot be had. */
export async function* signaturesAt(place: Place, digest: string): AsyncGenerator<Signature> {
  let left = maxRead;
  for await (const signature of allAt(place, digest)) {
    yield signature;
    left -= 1;
    if (left === 0) return;
  }
}

async function* allAt(place: Place, digest: string): AsyncGenerator<Signature> {
  const tag = digest.replace(":", "-");
  const pages = (await place.referrers(digest)) ?? [await place.find(tag)];
  const listed = pages.flatMap((page) => entriesOf(page, "manifests"));
  for (const { digest: referrer } of listed.filter(maySign).slice(0, maxRead)) {
    const title = `signature ${referrer}`;
    const manifest = await attempt(title, async () => await place.find(referrer));
    if (manifest === undefined) yield { kind: "Unread", title, why: "is listed and is not there" };
    else if ("kind" in manifest) yield manifest;
    else yield* signaturesIn(place, manifest, title);
  }
  const tagged = await place.find(`${tag}.sig`);
  if (tagged !== undefined) yield* signaturesIn(place, tagged, `signature of tag ${tag}.sig`);
}

/** What attests says so in its annotation, and what says nothing is looked at. */
function maySign({ artifactType, annotations }: Entry): boolean {
  const predicate = annotations[predicateAnnotation];
  if (predicate !== undefined && predicate !== signPredicate) return false;
  return artifactType === undefined || artifactType === signatureArtifact || bundleTypes.has(artifactType);
}

async function* signaturesIn(place: Place, manifest: Uint8Array, title: string): AsyncGenerator<Signature> {
  for (const { mediaType, digest, size, annotations } of entriesOf(manifest, "layers")) {
    const signature = annotations[signatureAnnotation];
    const isSimple = mediaType === simpleSigningType;
    if (!isSimple && !bundleTypes.has(mediaType)) continue;
    const bytes = await attempt(title, async () => await place.piece({ digest, size }));
    if ("kind" in bytes) yield bytes;
    else if (!isSimple) yield { kind: "Bundle", title, bytes };
    else if (typeof signature === "string") yield { kind: "SimpleSigning", title, bytes, signature };
    else yield { kind: "Unread", title, why: `lacks the annotation ${signatureAnnotation}` };
  }
}

/** One that cannot be had is no obstacle to the others. */
async function attempt<T>(
  title: string,
  work: () => Promise<T>,
): Promise<T | Extract<Signature, { kind: "Unread" }>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SourceRefused)) throw error;
    return { kind: "Unread", title, why: `cannot be read: ${error.message.replace(/\.$/, "")}` };
  }
}

function entriesOf(bytes: Uint8Array | undefined, list: "manifests" | "layers"): Entry[] {
  const all = bytes === undefined ? undefined : objectOf(parseJson(bytes))?.[list];
  return (Array.isArray(all) ? (all as unknown[]) : []).flatMap((value) => {
    const { mediaType, artifactType, digest, size, annotations } = objectOf(value) ?? {};
    if (typeof mediaType !== "string" || typeof digest !== "string" || typeof size !== "number") return [];
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return [];
    const type = typeof artifactType === "string" ? artifactType : undefined;
    return [{ mediaType, artifactType: type, digest, size, annotations: objectOf(annotations) ?? {} }];
  });
}
