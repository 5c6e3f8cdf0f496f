/** JSON Web Tokens (RFC 7519) with flat claims. */
import { isObject, type JsonObject, namesInByteOrder, parseJson } from "./fields.ts";
import { Refusal } from "./refusal.ts";
import { type Keys, keyNamedBy, keyOfNewTokens } from "./signatures.ts";

/** A claim's value; numbers are whole and within 2^53 - 1. */
export type Claims = Readonly<Record<string, string | number | boolean>>;

/** Who issues tokens: the keys and the `iss` claim. */
export type Issuer = { keys: Keys; issuer: string };

/** Why a token does not hold. */
export type Reason =
  | "malformed"
  | "unsupported"
  | "unknownKey"
  | "signature"
  | "issuer"
  | "notYetValid"
  | "expired";

/** Longest token that is verified, in bytes; a token of the largest payload is shorter. */
export const TOKEN_LIMIT = 8192;

const PAYLOAD_LIMIT = 4096;
const CLAIM_COUNT_LIMIT = 32;
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
  issuer: Issuer,
  now: number,
  subject: string,
  ttl: number,
  claims: Claims,
): string {
  const payload = JSON.stringify(
    flatClaims({ ...claims, exp: now + ttl, iat: now, iss: issuer.issuer, sub: subject }),
  );
  if (Buffer.byteLength(payload) > PAYLOAD_LIMIT) {
    throw Refusal.bad("claims", `must make a payload of at most ${PAYLOAD_LIMIT} bytes`);
  }
  const key = keyOfNewTokens(issuer.keys);
  const signed = `${encode(key.header)}.${encode(payload)}`;
  return `${signed}.${key.sign(signed).toString("base64url")}`;
}

/** The claims of a token that this service would have issued and that holds at `now` (seconds), or why not.
 * Nothing of the payload is looked at before the signature holds. */
export function verifyToken(issuer: Issuer, now: number, token: string): Claims | Reason {
  const parts = token.split(".").map(decode);
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || !header || !payload || !signature) return "malformed";
  const parameters = parseJson(header);
  if (!isObject(parameters)) return "malformed";
  const key = keyNamedBy(parameters, issuer.keys);
  if (typeof key === "string") return key;
  if (!key.verifies(token.slice(0, token.lastIndexOf(".")), signature)) return "signature";
  const body = parseJson(payload);
  if (!isObject(body)) return "malformed";
  const claims = flatClaims(body);
  return claims ? (reasonAgainst(claims, issuer.issuer, now) ?? claims) : "unsupported";
}

function reasonAgainst(claims: Claims, issuer: string, now: number): Reason | undefined {
  const { exp, nbf = now } = claims;
  if (typeof exp !== "number") return "unsupported";
  if (claims["iss"] !== issuer) return "issuer";
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

function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}

/** Undefined when `text` is not the one unpadded base64url spelling of its bytes. */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}
