/** Signatures as cosign 3 makes them: an in-toto statement about a digest, in the envelope of a Sigstore bundle. */
import {
  type Bundle,
  BUNDLE_V03_LEGACY_MEDIA_TYPE,
  BUNDLE_V03_MEDIA_TYPE,
  bundleFromJSON,
  isBundleWithDsseEnvelope,
  isBundleWithPublicKey,
} from "@sigstore/bundle";
import { toSignedEntity, VerificationError, Verifier } from "@sigstore/verify";
import { objectOf, parseJson } from "../json.ts";
import type { PublicKey } from "./public-keys.ts";
import type { Verdict } from "./verdict.ts";

export const bundleTypes: ReadonlySet<string> = new Set([
  BUNDLE_V03_MEDIA_TYPE,
  BUNDLE_V03_LEGACY_MEDIA_TYPE,
]);

/** What a statement says that signs, and nothing more. */
export const signPredicate = "https://sigstore.dev/cosign/sign/v1";

const statementType = "application/vnd.in-toto+json";

/** digest is that of the manifest. Undefined for an attestation, which says something else than that somebody signs. */
export function judgeBundle(
  bytes: Uint8Array,
  digest: string,
  keys: readonly PublicKey[],
): Verdict | undefined {
  const bundle = parse(bytes);
  if (bundle === undefined) return { kind: "Invalid", why: "is no Sigstore bundle of version 0.3" };
  if (!isBundleWithDsseEnvelope(bundle))
    return { kind: "Invalid", why: "holds no statement about an artifact" };
  const { payload, payloadType } = bundle.content.dsseEnvelope;
  const statement = payloadType === statementType ? objectOf(parseJson(payload)) : undefined;
  if (statement === undefined) return { kind: "Invalid", why: "holds no in-toto statement" };
  if (statement["predicateType"] !== signPredicate) return undefined;
  if (!isBundleWithPublicKey(bundle))
    return { kind: "Invalid", why: "was made with a certificate, not with a key" };
  const by = keys.find((key) => hasMade(key, bundle));
  if (by === undefined) return { kind: "Invalid", why: "was not made with the key" };
  const signed = subjectsOf(statement);
  return signed.includes(digest)
    ? { kind: "Signed", by }
    : { kind: "Other", digest: signed.join(", ") || "none" };
}

function parse(bytes: Uint8Array): Bundle | undefined {
  try {
    return bundleFromJSON(parseJson(bytes));
  } catch {
    // Whatever the parser stumbles over: it is none.
    return undefined;
  }
}

/** A key says who signs; what logs and time stamps add to it needs trust in those who keep them. */
function hasMade({ key }: PublicKey, bundle: Bundle): boolean {
  const unlogged = { tlogEntries: [], timestampVerificationData: undefined };
  const bare = { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, ...unlogged } };
  const trusted = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: () => ({ publicKey: key, validFor: () => true }),
  };
  const verifier = new Verifier(trusted, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 });
  try {
    verifier.verify(toSignedEntity(bare));
    return true;
  } catch (error) {
    if (error instanceof VerificationError) return false;
    throw error;
  }
}

function subjectsOf(statement: Record<string, unknown>): string[] {
  const subjects = Array.isArray(statement["subject"]) ? (statement["subject"] as unknown[]) : [];
  return subjects.flatMap((subject) => {
    const hex = objectOf(objectOf(subject)?.["digest"])?.["sha256"];
    return typeof hex === "string" ? [`sha256:${hex}`] : [];
  });
}
