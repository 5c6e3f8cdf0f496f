import { expect, it } from "vitest";
import { bundleSignature, createSigner } from "../../../../test/kit/signatures.ts";
import { parsePublicKeys } from "./public-keys.ts";
import { judgeBundle } from "./sigstore-bundle.ts";

const digest = `sha256:${"a1".repeat(32)}`;
const signer = createSigner();
const keys = parsePublicKeys(signer.publicKey);

interface BundleJson {
  mediaType: string;
  verificationMaterial: Record<string, unknown>;
  dsseEnvelope?: { payload: string; payloadType: string; signatures: { sig: string }[] };
}

function bundle(
  change: (bundle: BundleJson) => object = (same) => same,
  statement?: (from: object) => object,
) {
  const { blobs } = bundleSignature(digest, signer, statement);
  const json = JSON.parse(Buffer.from(blobs[1]?.bytes ?? []).toString("utf8")) as BundleJson;
  return Buffer.from(JSON.stringify(change(json)));
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
/** As a log's entry looks that nobody here trusts. */
const entry = {
  logIndex: "1",
  logId: { keyId: base64("log") },
  kindVersion: { kind: "hashedrekord", version: "0.0.1" },
  integratedTime: "1700000000",
  inclusionProof: {
    logIndex: "1",
    rootHash: base64("root"),
    treeSize: "2",
    hashes: [],
    checkpoint: { envelope: "log" },
  },
  canonicalizedBody: base64("{}"),
};

const subjects = (from: object) => ({
  ...from,
  subject: [
    { digest: { sha512: "00" } },
    { digest: { sha256: "b2".repeat(32) } },
    { digest: { sha256: "a1".repeat(32) } },
  ],
});
const attest = (from: object) => ({ ...from, predicateType: "https://slsa.dev/provenance/v1" });

it("takes what the key has signed, whatever logs and time stamps add to it", () => {
  expect(judgeBundle(bundle(), digest, keys)).toEqual({ kind: "Signed", by: keys[0] });
  const logged = bundle((json) => ({
    ...json,
    verificationMaterial: {
      ...json.verificationMaterial,
      tlogEntries: [entry],
      timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: base64("stamp") }] },
    },
  }));
  expect(judgeBundle(logged, digest, keys)?.kind).toBe("Signed");
});

it("finds the digest among several subjects", () => {
  expect(judgeBundle(bundle(undefined, subjects), digest, keys)?.kind).toBe("Signed");
  expect(
    judgeBundle(
      bundle(undefined, (from) => ({ ...from, subject: {} })),
      digest,
      keys,
    ),
  ).toEqual({
    kind: "Other",
    digest: "none",
  });
});

it("leaves attestations out", () => {
  expect(judgeBundle(bundle(undefined, attest), digest, keys)).toBeUndefined();
});

const withEnvelope = (change: object) =>
  bundle((json) => ({ ...json, dsseEnvelope: { ...json.dsseEnvelope, ...change } }));

it.each<[string, Uint8Array, string]>([
  ["no JSON", Buffer.from("\0asm"), "is no Sigstore bundle of version 0.3"],
  ["null", Buffer.from("null"), "is no Sigstore bundle of version 0.3"],
  [
    "no envelope",
    bundle((json) => ({ ...json, dsseEnvelope: undefined })),
    "is no Sigstore bundle of version 0.3",
  ],
  ["no signature", withEnvelope({ signatures: [] }), "is no Sigstore bundle of version 0.3"],
  [
    "the signature of a message",
    bundle((json) => ({
      ...json,
      dsseEnvelope: undefined,
      messageSignature: {
        messageDigest: { algorithm: "SHA2_256", digest: base64("digest") },
        signature: base64("signature"),
      },
    })),
    "holds no statement about an artifact",
  ],
  ["an envelope of another type", withEnvelope({ payloadType: "text/plain" }), "holds no in-toto statement"],
  ["a statement that is none", withEnvelope({ payload: base64("[]") }), "holds no in-toto statement"],
  [
    "a signature of nothing",
    withEnvelope({ signatures: [{ sig: base64("0") }] }),
    "was not made with the key",
  ],
  [
    "a statement that was changed",
    withEnvelope({
      payload: base64('{"predicateType":"https://sigstore.dev/cosign/sign/v1","subject":[]}'),
    }),
    "was not made with the key",
  ],
  [
    "a certificate",
    bundle((json) => ({
      ...json,
      verificationMaterial: { certificate: { rawBytes: base64("certificate") } },
    })),
    "was made with a certificate, not with a key",
  ],
])("refuses %s", (_what, bytes, why) => {
  expect(judgeBundle(bytes, digest, keys)).toEqual({ kind: "Invalid", why });
});
