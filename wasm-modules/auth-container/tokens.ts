/** JSON Web Tokens (RFC 7519) signed with HS256, with flat claims. */
import { createHmac, timingSafeEqual } from "node:crypto";

import { isObject, type JsonObject, namesInByteOrder, parseJson } from "./fields.ts";
import { Refusal } from "./refusal.ts";

/** A claim's value; numbers are whole and within 2^53 - 1. */
export type Claims = Readonly<Record<string, string | number | boolean>>;

/** What signs tokens: the secret key and the `iss` claim. */
export type Signer = { key: Buffer; issuer: string };

/** Why a token does not hold. */
export type Reason = "malformed" | "unsupported" | "signature" | "issuer" | "notYetValid" | "expired";

/** Longest token that is verified, in bytes; a token of the largest payload is shorter. */
export const TOKEN_LIMIT = 8192;

const PAYLOAD_LIMIT = 4096;
const CLAIM_COUNT_LIMIT = 32;
const HEADER = '{"alg":"HS256","typ":"JWT"}';
/** Set by the service, or with a meaning that it does not check. */
const REGISTERED = ["aud", "exp", "iat", "iss", "jti", "nbf", "sub"];
const CLAIM_NAME = /^[A-Za-z][A-Za-z0-9_.:/-]{0,63}$/;

/** The caller's own claims, in byte order of their names; throws a Refusal (400) naming `claims`, or the
 * first claim whose name or value is not allowed. */
export function customClaims(value: unknown): Claims {
  if (!isObject(value) || Object.keys(value).length > CLAIM_COUNT_LIMIT) {
    throw Refusal.bad("claims", `must be an object of at most ${CLAIM_COUNT_LIMIT} claims`);
  }
  for (const name of namesInByteOrder(value)) {
    const rule = claimRule(name, value[name]);
    if (rule !== undefined) throw Refusal.bad(`claims.${name}`, rule);
  }
  return flatClaims(value) ?? {};
}

/** The signed token for `subject`, valid from `now` for `ttl`, both in seconds; throws a Refusal (400) when
 * the claims are too long together. */
export function issueToken(
  signer: Signer,
  now: number,
  subject: string,
  ttl: number,
  claims: Claims,
): string {
  const payload = JSON.stringify(
    flatClaims({ ...claims, exp: now + ttl, iat: now, iss: signer.issuer, sub: subject }),
  );
  if (Buffer.byteLength(payload) > PAYLOAD_LIMIT) {
    throw Refusal.bad("claims", `must make a payload of at most ${PAYLOAD_LIMIT} bytes`);
  }
  const signed = `${encode(HEADER)}.${encode(payload)}`;
  return `${signed}.${sign(signer, signed).toString("base64url")}`;
}

/** The claims of a token that this service would have issued and that holds at `now` (seconds), or why not.
 * Nothing of the payload is looked at before the signature holds. */
export function verifyToken(signer: Signer, now: number, token: string): Claims | Reason {
  const parts = token.split(".").map(decode);
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || !header || !payload || !signature) return "malformed";
  const parameters = parseJson(header);
  if (!isObject(parameters)) return "malformed";
  if (parameters["alg"] !== "HS256" || Object.hasOwn(parameters, "crit")) return "unsupported";
  const expected = sign(signer, token.slice(0, token.lastIndexOf(".")));
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return "signature";
  const body = parseJson(payload);
  if (!isObject(body)) return "malformed";
  const claims = flatClaims(body);
  return claims ? (reasonAgainst(claims, signer, now) ?? claims) : "unsupported";
}

function reasonAgainst(claims: Claims, signer: Signer, now: number): Reason | undefined {
  const { exp, nbf = now } = claims;
  if (typeof exp !== "number") return "unsupported";
  if (claims["iss"] !== signer.issuer) return "issuer";
  if (typeof nbf !== "number") return "unsupported";
  if (nbf > now) return "notYetValid";
  return exp <= now ? "expired" : undefined;
}

function claimRule(name: string, value: unknown): string | undefined {
  if (!CLAIM_NAME.test(name))
    return "must be named with a letter, then up to 63 letters, digits or _ . : / -";
  if (REGISTERED.includes(name)) return "is a registered claim, which callers cannot set";
  return isClaimValue(value) ? undefined : "must be a string, a boolean or a whole number";
}

/** The claims in byte order of their names; undefined when a name or a value is not a flat claim's. */
function flatClaims(payload: JsonObject): Claims | undefined {
  const claims: Record<string, string | number | boolean> = {};
  for (const name of namesInByteOrder(payload)) {
    const value = payload[name];
    if (!CLAIM_NAME.test(name) || !isClaimValue(value)) return undefined;
    claims[name] = value;
  }
  return claims;
}

function isClaimValue(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value);
}

function sign(signer: Signer, signed: string): Buffer {
  return createHmac("sha256", signer.key).update(signed).digest();
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}

/** Undefined when `text` is not the one unpadded base64url spelling of its bytes. */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}
