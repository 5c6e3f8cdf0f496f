/**
 * What signs a token and checks it (RFC 7515): HS256 under the secret, EdDSA under Ed25519 keys.
 *
 * Each algorithm has keys of its own kind, so no header can have a public key taken for a secret.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

import { type Ed25519Key, signWith, verifiesWith } from "./ed25519.ts";
import type { JsonObject } from "./fields.ts";

/** The keys of the service: `secret` is there when HS256 signs, a key is in `ed25519` when EdDSA does. */
export type Keys = {
  /** What signs new tokens. */
  algorithm: Algorithm;
  /** Checks HS256 tokens. */
  secret: Buffer | undefined;
  /** Each checks the EdDSA tokens that name it; the first one signs. */
  ed25519: readonly Ed25519Key[];
};

/** A signature algorithm by its name in a token's header (RFC 7518, RFC 8037). */
export type Algorithm = "HS256" | "EdDSA";

/** The one key that a token is signed with: the header of its tokens, and what it does. */
export type TokenKey = {
  header: string;
  sign: (signed: string) => Buffer;
  verifies: (signed: string, signature: Uint8Array) => boolean;
};

/** The key of new tokens. */
export function keyOfNewTokens({ algorithm, secret, ed25519: [first] }: Keys): TokenKey {
  if (algorithm === "HS256" && secret) return secretKey(secret);
  if (first) return publicKey(first);
  throw new Error(`there is no key for ${algorithm}`);
}

/** The key that a token's header calls for; `unsupported` for an algorithm without keys here and for critical
 * extensions, `unknownKey` for an EdDSA token that names none of the keys. */
export function keyNamedBy(header: JsonObject, keys: Keys): TokenKey | "unsupported" | "unknownKey" {
  if (Object.hasOwn(header, "crit")) return "unsupported";
  if (header["alg"] === "HS256" && keys.secret) return secretKey(keys.secret);
  if (header["alg"] !== "EdDSA" || keys.ed25519.length === 0) return "unsupported";
  const named = keys.ed25519.find(({ jwk }) => jwk.kid === header["kid"]);
  return named ? publicKey(named) : "unknownKey";
}

function secretKey(secret: Buffer): TokenKey {
  const sign = (signed: string): Buffer => createHmac("sha256", secret).update(signed).digest();
  return {
    header: '{"alg":"HS256","typ":"JWT"}',
    sign,
    verifies: (signed, signature) => {
      const expected = sign(signed);
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    },
  };
}

function publicKey(key: Ed25519Key): TokenKey {
  return {
    header: JSON.stringify({ alg: "EdDSA", kid: key.jwk.kid, typ: "JWT" }),
    sign: (signed) => signWith(key, signed),
    verifies: (signed, signature) => verifiesWith(key, signed, signature),
  };
}
