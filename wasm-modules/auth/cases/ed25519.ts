/** Cases of Ed25519 keys: public keys, issuing and verifying, and headers that try to confuse the algorithms. */
import { createHash, generateKeyPairSync } from "node:crypto";

import { fails, held, holds } from "./checking.ts";
import { seeds } from "./environment.ts";
import { ask, type HttpCase, notAllowed, ok, post } from "./http-case.ts";
import { firstKey, hs256, normaliseToken, secondKey, signEd25519, signToken } from "./signed-token.ts";

const jwks = "/.well-known/jwks.json";
const cache = "public, max-age=300";
const { privateKey: stranger } = generateKeyPairSync("ed25519");
const good = signEd25519(firstKey.header, held, firstKey.privateKey);
const [goodHeader = "", goodPayload = "", goodSignature = ""] = good.split(".");

/** The order of the group that Ed25519 signs in. */
const groupOrder = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;

/** A token under the first key's header with some parameters changed, signed by that key. */
function under(header: object, payload: unknown = held): string {
  return signEd25519({ ...firstKey.header, ...header }, payload, firstKey.privateKey);
}

/** The same signature with the group's order added to its scalar, which the equation alone would take. */
function secondSpelling(signature: string): string {
  const bytes = Buffer.from(signature, "base64url");
  return Buffer.concat([
    bytes.subarray(0, 32),
    scalarBytes(scalarOf(bytes.subarray(32)) + groupOrder),
  ]).toString("base64url");
}

/** What the first key can sign `signed` with when it takes 0 for its random number, which the equation alone would
 * take: `R` is the neutral point. */
function withNeutralPoint(signed: string): string {
  const secret = createHash("sha512").update(Buffer.from(seeds[0], "hex")).digest().subarray(0, 32);
  const clamped = (scalarOf(secret) & ((1n << 254n) - 8n)) | (1n << 254n);
  const neutral = scalarBytes(1n);
  const hash = createHash("sha512")
    .update(neutral)
    .update(Buffer.from(firstKey.jwk.x, "base64url"))
    .update(signed);
  const scalar = scalarBytes((scalarOf(hash.digest()) * clamped) % groupOrder);
  return `${signed}.${Buffer.concat([neutral, scalar]).toString("base64url")}`;
}

/** The number in bytes whose first is the least. */
function scalarOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.toReversed()).toString("hex")}`);
}

function scalarBytes(scalar: bigint): Buffer {
  return Buffer.from(Buffer.from(scalar.toString(16).padStart(64, "0"), "hex").toReversed());
}

/** Public keys when there are none. */
export const noPublicKeyCases: readonly HttpCase[] = [
  { title: "there is no public key", ...ask("GET", jwks), ...ok({ keys: [] }), cache },
  { title: "public keys answer HEAD with no body", ...ask("HEAD", jwks), ...ok(undefined), cache },
  { title: "public keys refuse POST", ...post(jwks, {}), ...notAllowed("GET, HEAD") },
  { title: "public keys refuse OPTIONS", ...ask("OPTIONS", jwks), ...notAllowed("GET, HEAD") },
];

const publicKeys: readonly HttpCase[] = [
  {
    title: "public keys are listed in the order of the private ones",
    ...ask("GET", jwks),
    ...ok({ keys: [firstKey.jwk, secondKey.jwk] }),
    cache,
  },
  {
    title: "public keys are listed whatever the query",
    ...ask("GET", `${jwks}?kid=x`),
    ...ok({ keys: [firstKey.jwk, secondKey.jwk] }),
    cache,
  },
];

const issuing: readonly HttpCase[] = [
  {
    title: "a token is signed with the first key",
    ...post("/v1/tokens", { subject: "ada", ttlSeconds: 60, claims: { role: "admin" } }),
    ...ok({
      header: { alg: "EdDSA", kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", typ: "JWT" },
      claims: { exp: 60, iat: "now", iss: "example", role: "admin", sub: "ada" },
      signature: "signed",
    }),
    normalise: normaliseToken,
  },
];

const checking: readonly HttpCase[] = [
  holds("a token of the first key holds", good, held),
  holds("a token of the second key holds", signEd25519(secondKey.header, held, secondKey.privateKey), held),
  holds("a token of the secret holds beside them", signToken(hs256, held), held),
  fails("a token of no key's name is seen", under({ kid: undefined }), "unknownKey"),
  fails("a token of another key's name is seen", under({ kid: "x" }), "unknownKey"),
  fails("a token of an empty name is seen", under({ kid: "" }), "unknownKey"),
  fails("a token of a name that is no text is seen", under({ kid: [firstKey.header.kid] }), "unknownKey"),
  fails("a name counts to its last letter", under({ kid: `${firstKey.header.kid}=` }), "unknownKey"),
  fails("a name is told by its case", under({ kid: firstKey.header.kid.toLowerCase() }), "unknownKey"),
  fails(
    "a token of one key under the other's name is seen",
    under({ kid: secondKey.header.kid }),
    "signature",
  ),
  fails("a key in the header is not used", signEd25519(firstKey.header, held, stranger), "signature"),
  fails(
    "an address of keys in the header is not asked",
    under({ kid: "x", jku: "http://127.0.0.1/" }),
    "unknownKey",
  ),
  fails("a changed payload is seen", `${goodHeader}.${goodPayload}AA.${goodSignature}`, "signature"),
  fails(
    "a changed header is seen",
    `${under({ typ: "at+jwt" }).split(".")[0]}.${goodPayload}.${goodSignature}`,
    "signature",
  ),
  fails("a cut signature is seen", good.slice(0, -2), "signature"),
  fails("no signature is seen", `${goodHeader}.${goodPayload}.`, "signature"),
  fails("a signature of zeros is seen", `${goodHeader}.${goodPayload}.${"A".repeat(86)}`, "signature"),
  fails(
    "a signature's second spelling is seen",
    `${goodHeader}.${goodPayload}.${secondSpelling(goodSignature)}`,
    "signature",
  ),
  fails(
    "a signature with the neutral point is seen",
    withNeutralPoint(`${goodHeader}.${goodPayload}`),
    "signature",
  ),
  fails("a critical extension is unsupported", under({ crit: ["exp"] }), "unsupported"),
  fails("an expired token is seen", under({}, { ...held, exp: 1 }), "expired"),
  fails("a token for later is seen", under({}, { ...held, nbf: held.exp }), "notYetValid"),
  fails("another issuer is seen", under({}, { ...held, iss: "other" }), "issuer"),
  fails("a payload that is no object is malformed", under({}, "[]"), "malformed"),
];

/** Tokens whose header names another algorithm than the key is for, all of which an attacker can make. */
const confusions: readonly HttpCase[] = [
  ...["none", "None", "eddsa", "Ed25519", "ES256", "HS512", null].map((alg) =>
    fails(`an Ed25519 signature as ${JSON.stringify(alg)} is unsupported`, under({ alg }), "unsupported"),
  ),
  fails(
    "an unsigned token is unsupported",
    `${under({ alg: "none" }).split(".")[0]}.${goodPayload}.`,
    "unsupported",
  ),
  fails("an Ed25519 signature as HS256 is seen", under({ alg: "HS256" }), "signature"),
  fails("an HS256 signature as EdDSA is seen", signToken(firstKey.header, held), "signature"),
  ...[
    ["in base64", firstKey.jwk.x],
    ["in bytes", Buffer.from(firstKey.jwk.x, "base64url")],
    ["as a JWK", JSON.stringify(firstKey.jwk)],
    ["by its name", firstKey.jwk.kid],
  ].map(([title, secret]) =>
    fails(
      `a public key ${String(title)} is no secret`,
      signToken({ ...hs256, kid: firstKey.jwk.kid }, held, secret),
      "signature",
    ),
  ),
];

/** Two Ed25519 keys beside the secret. */
export const ed25519Cases: readonly HttpCase[] = [...publicKeys, ...issuing, ...checking, ...confusions];

/** The second key and no secret. */
export const ed25519OnlyCases: readonly HttpCase[] = [
  { title: "the key is listed", ...ask("GET", jwks), ...ok({ keys: [secondKey.jwk] }), cache },
  holds("a token of the key holds", signEd25519(secondKey.header, held, secondKey.privateKey), held),
  fails("a token of a key that is gone is seen", good, "unknownKey"),
  fails("a token of a secret is unsupported", signToken(hs256, held), "unsupported"),
  fails("a token of an empty secret is unsupported", signToken(hs256, held, ""), "unsupported"),
];
