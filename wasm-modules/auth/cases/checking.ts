/** Cases of verifying tokens that HS256 signs. */
import { type HttpCase, invalid, ok, post, textRule } from "./http-case.ts";
import { firstKey, hs256, signEd25519, signToken } from "./signed-token.ts";

const year2100 = 4_102_444_800;
const path = "/v1/tokens/verify";
/** Claims that hold. */
export const held = { exp: year2100, iat: 1_700_000_000, iss: "example", sub: "ada" };
const good = signToken(hs256, { ...held, role: "admin" });
const [goodHeader = "", goodPayload = "", goodSignature = ""] = good.split(".");

const encode = (text: string): string => Buffer.from(text).toString("base64url");
const [otherPayload = ""] = signToken(hs256, { ...held, role: "owner" })
  .split(".")
  .slice(1);

/** A case of a token that holds. */
export function holds(title: string, token: string, claims: unknown): HttpCase {
  return { title, ...post(path, { token }), ...ok({ valid: true, claims }) };
}

/** A case of a token that does not hold. */
export function fails(title: string, token: string, reason: string): HttpCase {
  return { title, ...post(path, { token }), ...ok({ valid: false, reason }) };
}

const holding: readonly HttpCase[] = [
  holds("a token that holds gives its claims", good, { ...held, role: "admin" }),
  holds("a token may have no subject", signToken(hs256, { exp: year2100, iss: "example" }), {
    exp: year2100,
    iss: "example",
  }),
  holds("a token may hold from a time on", signToken(hs256, { ...held, nbf: 1 }), { ...held, nbf: 1 }),
  holds("the type of a token counts for nothing", signToken({ alg: "HS256", typ: "at+jwt" }, held), held),
  holds(
    "the name of an HS256 key counts for nothing",
    signToken({ ...hs256, kid: "../../dev/null" }, held),
    held,
  ),
  holds("a header may be spaced", signToken(' { "alg" : "HS256" } ', held), held),
  holds(
    "the last of two equal claims in a token counts",
    signToken(hs256, `{"exp":1,"exp":${year2100},"iss":"example"}`),
    {
      exp: year2100,
      iss: "example",
    },
  ),
  holds("a time may be spelled with an exponent", signToken(hs256, '{"exp":4.1024448e9,"iss":"example"}'), {
    exp: year2100,
    iss: "example",
  }),
];

/** Headers whose algorithm is not taken, all signed as HS256 tokens are. */
const wrongAlgorithms = [
  "none",
  "None",
  "NONE",
  "",
  "hs256",
  "HS256 ",
  "HS384",
  "HS512",
  "RS256",
  "PS256",
  "ES256",
  "EdDSA",
  "Ed25519",
  null,
  1,
  true,
  ["HS256"],
  { alg: "HS256" },
];

const unsupportedPayloads: readonly (readonly [title: string, payload: unknown])[] = [
  ["a nested claim", { ...held, a: {} }],
  ["a claim that is a list", { ...held, aud: ["a"] }],
  ["a claim that is null", { ...held, a: null }],
  ["a claim with a fraction", { ...held, a: 0.5 }],
  ["a claim with a name that cannot be issued", { ...held, "a b": 1 }],
  ["no end", { iss: "example" }],
  ["an end that is text", { ...held, exp: String(year2100) }],
  ["an end that is true", { ...held, exp: true }],
  ["a start that is text", { ...held, nbf: "1" }],
];

const unsupported: readonly HttpCase[] = [
  ...wrongAlgorithms.map((alg) =>
    fails(
      `a token of algorithm ${JSON.stringify(alg)} is unsupported`,
      signToken({ ...hs256, alg }, held),
      "unsupported",
    ),
  ),
  fails("an unsigned token is unsupported", `${encode('{"alg":"none"}')}.${goodPayload}.`, "unsupported"),
  fails("a token of no algorithm is unsupported", signToken({ typ: "JWT" }, held), "unsupported"),
  fails(
    "a prototype's algorithm is no algorithm",
    signToken('{"__proto__":{"alg":"HS256"}}', held),
    "unsupported",
  ),
  fails(
    "an Ed25519 token is unsupported without keys",
    signEd25519(firstKey.header, held, firstKey.privateKey),
    "unsupported",
  ),
  fails("a critical extension is unsupported", signToken({ ...hs256, crit: ["b64"] }, held), "unsupported"),
  fails(
    "a critical extension of null is unsupported",
    signToken({ ...hs256, crit: null }, held),
    "unsupported",
  ),
  ...unsupportedPayloads.map(([title, payload]) =>
    fails(`a token with ${title} is unsupported`, signToken(hs256, payload), "unsupported"),
  ),
];

const failing: readonly HttpCase[] = [
  fails("a changed signature is seen", `${good.slice(0, -4)}AAAA`, "signature"),
  fails("a changed payload is seen", `${goodHeader}.${otherPayload}.${goodSignature}`, "signature"),
  fails(
    "a changed header is seen",
    `${encode('{"alg":"HS256"}')}.${goodPayload}.${goodSignature}`,
    "signature",
  ),
  fails("another secret is seen", signToken(hs256, held, "another key"), "signature"),
  fails("an empty secret is seen", signToken(hs256, held, ""), "signature"),
  fails(
    "a secret in the header is not used",
    signToken({ ...hs256, jwk: { kty: "oct", k: "YQ" } }, held, "a"),
    "signature",
  ),
  fails("a cut signature is seen", good.slice(0, good.lastIndexOf(".") + 1), "signature"),
  fails(
    "a signature with one more byte is seen",
    good.replace(/[^.]*$/, (old) => longer(old)),
    "signature",
  ),
  fails("a signature is looked at before a payload", `${goodHeader}..AAAA`, "signature"),
  fails("another issuer is seen", signToken(hs256, { ...held, iss: "other" }), "issuer"),
  fails("no issuer is seen", signToken(hs256, { exp: year2100 }), "issuer"),
  fails("an issuer is looked at before times", signToken(hs256, { exp: 1, iss: "Example" }), "issuer"),
  fails(
    "a token for later is not valid yet",
    signToken(hs256, { ...held, nbf: year2100 - 1 }),
    "notYetValid",
  ),
  fails(
    "a start is looked at before an end",
    signToken(hs256, { ...held, exp: 1, nbf: year2100 }),
    "notYetValid",
  ),
  fails("a token of the past has expired", signToken(hs256, { ...held, exp: 1_700_000_060 }), "expired"),
  fails("a token from before the epoch has expired", signToken(hs256, { ...held, exp: -1 }), "expired"),
];

const malformed: readonly (readonly [title: string, token: string])[] = [
  ["one part", "x"],
  ["two parts", "e30.e30"],
  ["four parts", `${good}.e30`],
  ["dots", ".."],
  ["padding", `${good}=`],
  ["base64 that is not for URLs", good.replace(/[^.]*$/, "+/+/")],
  ["base64 of a second spelling", `${goodHeader}.${goodPayload}.AB`],
  ["base64 of no length", `${goodHeader}.${goodPayload}.A`],
  ["a space in front", ` ${good}`],
  ["a line feed at its end", `${good}\n`],
  ["the scheme's name in front", `Bearer ${good}`],
  ["a letter outside ASCII", `é${good}`],
  ["an empty header", `.${goodPayload}.${goodSignature}`],
  ["a header that is no object", signToken([], held)],
  ["a header that is no JSON", signToken("{alg:HS256}", held)],
  ["a header that is no UTF-8", `_w.${goodPayload}.${goodSignature}`],
  ["a payload that is no JSON", signToken(hs256, "exp")],
  ["a payload that is a list", signToken(hs256, [held])],
  ["an empty payload", signToken(hs256, "")],
  ["half a surrogate pair in a claim that is replaced", signToken(hs256, '{"a":"\\ud800","a":1,"exp":1}')],
];

function longer(signature: string): string {
  return Buffer.concat([Buffer.from(signature, "base64url"), Buffer.from([0])]).toString("base64url");
}

/** Verifying HS256 tokens. */
export const checkingCases: readonly HttpCase[] = [
  ...holding,
  ...unsupported,
  ...failing,
  ...malformed.map(([title, token]) => fails(`a token with ${title} is malformed`, token, "malformed")),
  fails("a token of 8192 bytes is read", "x".repeat(8192), "malformed"),
  invalid("a token of 8193 bytes is refused", path, { token: "x".repeat(8193) }, "token", textRule(8192)),
  invalid("a token must be there", path, {}, "token", textRule(8192)),
  invalid("a token must not be empty", path, { token: "" }, "token", textRule(8192)),
  invalid("a token must be a string", path, { token: 1 }, "token", textRule(8192)),
];
