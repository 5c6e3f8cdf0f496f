/** Public keys in PEM, as `cosign generate-key-pair` writes them. */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";

export interface PublicKey {
  readonly key: KeyObject;
  /** `sha256:` and 64 hex digits, of the key's DER form (SubjectPublicKeyInfo). */
  readonly fingerprint: string;
}

/** The message follows the name of what holds the keys; it tells nothing of what else is there. */
export class PublicKeyError extends Error {
  override readonly name = "PublicKeyError";
}

const block = /-----BEGIN (?<label>[A-Z0-9 ]+)-----[^-]*-----END \k<label>-----/g;
const minRsaBits = 2048;
const allowed = `ECDSA keys of P-256, as cosign makes them, and RSA keys of ${minRsaBits} bits or more`;

/** At least one. Errors: PublicKeyError. */
export function parsePublicKeys(text: string): PublicKey[] {
  const keys = [...text.matchAll(block)].map(([pem, label = ""]) => parse(pem, label));
  if (keys.length > 0) return keys;
  throw new PublicKeyError(
    "holds no PEM block; it must have one that begins with -----BEGIN PUBLIC KEY-----.",
  );
}

/** Whether the key has signed the bytes, with SHA-256. */
export function hasSigned({ key }: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  return verify("sha256", bytes, key, signature);
}

function parse(pem: string, label: string): PublicKey {
  if (label !== "PUBLIC KEY")
    throw new PublicKeyError(
      `holds a PEM block "${label}"; only PUBLIC KEY is allowed. Store no private key there.`,
    );
  const key = read(pem);
  const kind = kindOf(key);
  if (kind !== undefined) throw new PublicKeyError(`holds ${kind}; allowed are ${allowed}.`);
  const der = key.export({ type: "spki", format: "der" });
  return { key, fingerprint: `sha256:${createHash("sha256").update(der).digest("hex")}` };
}

function read(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw new PublicKeyError(
      "holds a PEM block that is no public key; store cosign.pub as cosign wrote it.",
      {
        cause: error,
      },
    );
  }
}

/** What a key that is not allowed is, in words; undefined for one that is. */
function kindOf({
  asymmetricKeyType: type,
  asymmetricKeyDetails: details = {},
}: KeyObject): string | undefined {
  const { namedCurve, modulusLength = 0 } = details;
  if (type === "ec") return namedCurve === "prime256v1" ? undefined : `an ECDSA key of ${namedCurve}`;
  if (type !== "rsa") return `a key of the kind ${type}`;
  return modulusLength >= minRsaBits ? undefined : `an RSA key of ${modulusLength} bits`;
}
