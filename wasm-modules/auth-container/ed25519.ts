/** Ed25519 keys (RFC 8032): read from PKCS #8 PEM, named by their JWK thumbprint, and what they sign. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/** A public key as a JWK (RFC 8037), its names in byte order. */
type Jwk = { alg: "EdDSA"; crv: "Ed25519"; kid: string; kty: "OKP"; use: "sig"; x: string };

/** A private key with its public half. */
export type Ed25519Key = { privateKey: KeyObject; publicKey: KeyObject; jwk: Jwk };

const BEGIN = "-----BEGIN PRIVATE KEY-----";
const END = "-----END PRIVATE KEY-----";
/** What RFC 8410 puts in front of the 32 bytes of a private key: version 0, the algorithm, two octet strings. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SEED_BYTES = 32;
const SIGNATURE_BYTES = 64;
const KEY_COUNT_LIMIT = 4;
const WHITE_SPACE = /[ \t\n\f\r]+/g;

/** The keys in `pem`: 1 to 4 blocks as `openssl genpkey -algorithm ed25519` prints them, and nothing but white
 * space around them; else undefined. */
export function parseKeys(pem: string): Ed25519Key[] | undefined {
  const blocks = pem.split(END);
  const rest = blocks.pop() ?? "";
  if (withoutSpace(rest) !== "" || blocks.length === 0 || blocks.length > KEY_COUNT_LIMIT) return undefined;
  const keys = blocks.map(parseKey);
  return keys.every((key) => key !== undefined) ? keys : undefined;
}

/** The signature of `message`, 64 bytes. */
export function signWith(key: Ed25519Key, message: string): Buffer {
  return sign(null, Buffer.from(message), key.privateKey);
}

/** True when `signature` is the key's for `message`: the equation without the cofactor (`SB = R + kA`, compared
 * as bytes), `S` has one spelling, and `R` is none of the points of small order. */
export function verifiesWith(key: Ed25519Key, message: string, signature: Uint8Array): boolean {
  return signature.length === SIGNATURE_BYTES && verify(null, Buffer.from(message), key.publicKey, signature);
}

function parseKey(block: string): Ed25519Key | undefined {
  const start = block.replace(/^[ \t\n\f\r]+/, "");
  if (!start.startsWith(BEGIN)) return undefined;
  const base64 = withoutSpace(start.slice(BEGIN.length));
  const der = Buffer.from(base64, "base64");
  const complete = der.length === PKCS8_PREFIX.length + SEED_BYTES && der.toString("base64") === base64;
  if (!complete || !der.subarray(0, PKCS8_PREFIX.length).equals(PKCS8_PREFIX)) return undefined;
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, jwk: toJwk(publicKey) };
}

function toJwk(publicKey: KeyObject): Jwk {
  const { x = "" } = publicKey.export({ format: "jwk" });
  const kid = createHash("sha256")
    .update(JSON.stringify({ crv: "Ed25519", kty: "OKP", x }))
    .digest("base64url");
  return { alg: "EdDSA", crv: "Ed25519", kid, kty: "OKP", use: "sig", x };
}

function withoutSpace(text: string): string {
  return text.replace(WHITE_SPACE, "");
}
