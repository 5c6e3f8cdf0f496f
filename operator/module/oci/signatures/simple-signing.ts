/** Signatures as cosign 2 makes them: over a JSON document that names the digest of a manifest. */
import { objectOf, parseJson } from "../json.ts";
import { hasSigned, type PublicKey } from "./public-keys.ts";
import type { Verdict } from "./verdict.ts";

export const simpleSigningType = "application/vnd.dev.cosign.simplesigning.v1+json";

const documentType = "cosign container image signature";

/** signature is in base64; digest is that of the manifest. */
export function judgeSimpleSigning(
  payload: Uint8Array,
  signature: string,
  digest: string,
  keys: readonly PublicKey[],
): Verdict {
  const decoded = Buffer.from(signature, "base64");
  const by = keys.find((key) => hasSigned(key, payload, decoded));
  if (by === undefined) return { kind: "Invalid", why: "was not made with the key" };
  const critical = objectOf(objectOf(parseJson(payload))?.["critical"]);
  const signed = objectOf(critical?.["image"])?.["docker-manifest-digest"];
  if (critical?.["type"] !== documentType || typeof signed !== "string")
    return { kind: "Invalid", why: "is over something else than an artifact" };
  return signed === digest ? { kind: "Signed", by } : { kind: "Other", digest: signed };
}
