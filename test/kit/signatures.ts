/** Signatures of artifacts in the forms that cosign 2 and 3 push. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type Blob, blob, descriptor, digestOf, type TestArtifact } from "./artifact.ts";

export interface Signer {
  /** In PEM. */
  readonly publicKey: string;
  readonly sign: (bytes: Uint8Array) => Buffer;
}

const ociManifest = "application/vnd.oci.image.manifest.v1+json";
const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

export function createSigner(type: "ec" | "rsa" = "ec"): Signer {
  const { publicKey, privateKey } = keyPair(type);
  return {
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    sign: (bytes) => sign("sha256", bytes, privateKey),
  };
}

function keyPair(type: "ec" | "rsa"): { publicKey: KeyObject; privateKey: KeyObject } {
  if (type === "ec") return generateKeyPairSync("ec", { namedCurve: "P-256" });
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}

/** The tag under which cosign 2 pushes signatures of the digest. */
export function signatureTag(digest: string): string {
  return `${digest.replace(":", "-")}.sig`;
}

/** As cosign 2 pushes it under signatureTag; change is made before it is signed. */
export function simpleSignature(
  digest: string,
  by: Signer,
  change: (payload: object) => object = (payload) => payload,
): TestArtifact {
  const identity = { "docker-reference": "registry.example.com/shop/checkout" };
  const image = { "docker-manifest-digest": digest };
  const critical = { identity, image, type: "cosign container image signature" };
  const payload = Buffer.from(JSON.stringify(change({ critical, optional: null })));
  const layer = blob("application/vnd.dev.cosign.simplesigning.v1+json", payload);
  const annotations = { "dev.cosignproject.cosign/signature": by.sign(payload).toString("base64") };
  return manifest(blob("application/vnd.oci.image.config.v1+json", "{}"), layer, { layer: annotations });
}

/** As cosign 3 pushes it, with the digest as its subject; change is made before it is signed. */
export function bundleSignature(
  digest: string,
  by: Signer,
  change: (statement: object) => object = (statement) => statement,
): TestArtifact {
  const [algorithm = "", hex = ""] = digest.split(":");
  const statement = change({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { [algorithm]: hex } }],
    predicateType: "https://sigstore.dev/cosign/sign/v1",
    predicate: {},
  });
  const payload = Buffer.from(JSON.stringify(statement));
  const payloadType = "application/vnd.in-toto+json";
  const signed = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
  const bundle = {
    mediaType: bundleType,
    verificationMaterial: { publicKey: { hint: "hint" } },
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType,
      signatures: [{ sig: by.sign(signed).toString("base64") }],
    },
  };
  return bundleArtifact(digest, JSON.stringify(bundle));
}

/** What refers to the digest and holds the text as its bundle. */
export function bundleArtifact(digest: string, text: string): TestArtifact {
  return manifest(blob("application/vnd.oci.empty.v1+json", "{}"), blob(bundleType, text), {
    artifactType: bundleType,
    subject: { mediaType: ociManifest, digest, size: 1 },
    annotations: { "dev.sigstore.bundle.content": "dsse-envelope" },
  });
}

/** The list of what refers to a digest, as registries keep it under a tag that do not know the API of referrers. */
export function referrerList(referrers: readonly TestArtifact[]): TestArtifact {
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const manifests = referrers.map(({ digest, bytes }) => {
    const size = bytes.length;
    return { mediaType: ociManifest, digest, size, artifactType: bundleType };
  });
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  return { mediaType, digest: digestOf(bytes), bytes, blobs: [], manifests: referrers };
}

function manifest(
  config: Blob,
  layer: Blob,
  { layer: annotations, ...rest }: Record<string, unknown>,
): TestArtifact {
  const content = {
    schemaVersion: 2,
    mediaType: ociManifest,
    config: descriptor(config),
    layers: [{ ...descriptor(layer), ...(annotations === undefined ? {} : { annotations }) }],
    ...rest,
  };
  const bytes = Buffer.from(JSON.stringify(content));
  return { mediaType: ociManifest, digest: digestOf(bytes), bytes, blobs: [config, layer] };
}
