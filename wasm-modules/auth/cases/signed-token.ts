/** Tokens made and taken apart without the service, as its counter-check. */
import { createHash, createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";

import { authEnv, seeds, toPem } from "./environment.ts";

/** The header of every HS256 token that the service issues. */
export const hs256 = { alg: "HS256", typ: "JWT" };

/** The Ed25519 keys of the cases, each with the header of its tokens and its public key as a JWK. */
export const [firstKey, secondKey] = [exampleKey(seeds[0]), exampleKey(seeds[1])] as const;

function exampleKey(seed: string) {
  const privateKey = createPrivateKey(toPem(seed));
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  const thumbprint = createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`);
  const kid = thumbprint.digest("base64url");
  return {
    privateKey,
    header: { alg: "EdDSA", kid, typ: "JWT" },
    jwk: { alg: "EdDSA", crv: "Ed25519", kid, kty: "OKP", use: "sig", x },
  };
}

/** A token signed with the cases' secret, or another one; a part that is text is taken as it is. */
export function signToken(
  header: unknown,
  payload: unknown,
  secret: string | Buffer = authEnv.AUTH_KEY,
): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** A token signed with an Ed25519 key; a part that is text is taken as it is. */
export function signEd25519(header: unknown, payload: unknown, key: KeyObject): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
}

/** Puts the header and the claims for `{token}`, with `iat` as "now" when it is within a minute of this clock
 * and `exp` as seconds after it, and "signed" when the signature is right and the parts are what the service
 * would write. */
export function normaliseToken(body: unknown): unknown {
  const { token } = body as { token: string };
  const [header, payload] = token
    .split(".", 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  const isNow = Math.abs(payload.iat - Date.now() / 1000) < 60;
  const claims = { ...payload, iat: isNow ? "now" : payload.iat, exp: payload.exp - payload.iat };
  return { header, claims, signature: resigned(header, payload) === token ? "signed" : "wrong" };
}

function resigned(header: { kid?: string }, payload: unknown): string {
  const key = [firstKey, secondKey].find(({ jwk }) => jwk.kid === header.kid);
  return key ? signEd25519(header, payload, key.privateKey) : signToken(header, payload);
}

function encode(part: unknown): string {
  return Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
}
