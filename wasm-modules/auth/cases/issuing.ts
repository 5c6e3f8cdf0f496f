/** Cases of issuing tokens. */
import { type HttpCase, invalid, ok, post, textRule } from "./http-case.ts";
import { hs256, normaliseToken } from "./signed-token.ts";

const path = "/v1/tokens";
const lifeRule = "must be a whole number from 1 to 31536000";
const claimsRule = "must be an object of at most 32 claims";
const valueRule = "must be a string, a boolean or a whole number";
const nameRule = "must be named with a letter, then up to 63 letters, digits or _ . : / -";
const registeredRule = "is a registered claim, which callers cannot set";
const payloadRule = "must make a payload of at most 4096 bytes";

/** `sends` is an object or JSON text; `life` is the token's in seconds, `claims` what is in it beside the rest. */
function issued(title: string, sends: unknown, life: number, sub: string, claims = {}): HttpCase {
  return {
    title,
    ...post(path, sends),
    ...ok({
      header: hs256,
      claims: { ...claims, exp: life, iat: "now", iss: "example", sub },
      signature: "signed",
    }),
    normalise: normaliseToken,
  };
}

const withClaims = (claims: unknown): unknown => ({ subject: "ada", ttlSeconds: 60, claims });
const withLife = (literal: string): string => `{"subject":"ada","ttlSeconds":${literal}}`;
const withNumber = (literal: string): string => `{"subject":"ada","ttlSeconds":60,"claims":{"n":${literal}}}`;
const numbered = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, i]));
/** Fills the payload of a token for "ada" to this many bytes. */
const filled = (length: number): unknown => {
  const rest = '{"exp":1700000000,"iat":1700000000,"iss":"example","note":"","sub":"ada"}'.length;
  return withClaims({ note: "x".repeat(length - rest) });
};

const issuedCases: readonly HttpCase[] = [
  issued("a token is issued", { subject: "ada", ttlSeconds: 3600 }, 3600, "ada"),
  issued(
    "a token carries the caller's claims in order of their names",
    '{"subject":"é\\"\\u0001","ttlSeconds":6e1,"claims":{"z":-0,"role":"admin","https://a/b":true,"constructor":2.0}}',
    60,
    'é"\u0001',
    { constructor: 2, "https://a/b": true, role: "admin", z: 0 },
  ),
  issued("claims may be none", withClaims({}), 60, "ada"),
  issued("32 claims are enough", withClaims(numbered(32)), 60, "ada", numbered(32)),
  issued("a claim's name has 64 characters", withClaims({ ["n".repeat(64)]: "" }), 60, "ada", {
    ["n".repeat(64)]: "",
  }),
  issued("a claim's name is told by its case", withClaims({ Sub: "b", SUB: false }), 60, "ada", {
    SUB: false,
    Sub: "b",
  }),
  issued("the last of two equal claims counts", withNumber('[],"n":7'), 60, "ada", { n: 7 }),
  issued(
    "a subject may have any character",
    { subject: "\0\u007f\u2028🔑", ttlSeconds: 1 },
    1,
    "\0\u007f\u2028🔑",
  ),
  issued("a subject of 256 bytes is read", { subject: "é".repeat(128), ttlSeconds: 1 }, 1, "é".repeat(128)),
  issued("a life of a year is read", { subject: "ada", ttlSeconds: 31_536_000 }, 31_536_000, "ada"),
  issued("a payload of 4096 bytes is read", filled(4096), 60, "ada", { note: "x".repeat(4023) }),
  ...[
    ["1e3", 1000],
    ["60.000", 60],
    ["0.6E+2", 60],
    ["6000000000000000000000e-20", 60],
    ["0.00000000000000000001e20", 1],
  ].map(([literal, life]) =>
    issued(`a life of ${literal} is ${life}`, withLife(String(literal)), Number(life), "ada"),
  ),
  ...[
    ["9007199254740991", 9_007_199_254_740_991],
    ["-9007199254740991", -9_007_199_254_740_991],
    ["9007199254740991.00000000000000001", 9_007_199_254_740_991],
    ["-0.0", 0],
    ["1e-400", 0],
    ["0e999999999", 0],
  ].map(([literal, n]) =>
    issued(`a claim of ${literal} is ${n}`, withNumber(String(literal)), 60, "ada", { n }),
  ),
];

const refusedSubjects: readonly (readonly [title: string, subject: unknown])[] = [
  ["that is not there", undefined],
  ["that is null", null],
  ["that is empty", ""],
  ["that is an object", {}],
  ["of 257 bytes", "x".repeat(257)],
];

const refusedLives = [
  "null",
  '"60"',
  "true",
  "0",
  "-1",
  "1.5",
  "31536001",
  "1e300",
  "0.99999999999999999e-1",
  "[60]",
];

const refusedClaims: readonly (readonly [title: string, claims: unknown, field: string, rule: string])[] = [
  ["null", null, "claims", claimsRule],
  ["a list", [], "claims", claimsRule],
  ["a string", "role", "claims", claimsRule],
  ["33 claims", numbered(33), "claims", claimsRule],
  ...["aud", "exp", "iat", "iss", "jti", "nbf", "sub"].map(
    (name) => [`the claim ${name}`, { [name]: "x" }, `claims.${name}`, registeredRule] as const,
  ),
  ["a name that starts with a digit", { "1": true }, "claims.1", nameRule],
  ["an empty name", { "": 1 }, "claims.", nameRule],
  ["a name of 65 characters", { ["n".repeat(65)]: 1 }, `claims.${"n".repeat(65)}`, nameRule],
  ["a name with a space", { "a b": 1 }, "claims.a b", nameRule],
  ["a name with a letter outside ASCII", { é: 1 }, "claims.é", nameRule],
  ["the name __proto__", JSON.parse('{"__proto__":1}'), "claims.__proto__", nameRule],
  ["the first wrong claim in byte order", { "\u{1F511}": 1, "\uFFFD": 1, b: null }, "claims.b", valueRule],
  ["a claim that is a list", { roles: ["a"] }, "claims.roles", valueRule],
  ["a claim that is an object", { a: {} }, "claims.a", valueRule],
  ["a claim that is null", { a: null }, "claims.a", valueRule],
];

const refusedNumbers = [
  "0.5",
  "9007199254740993",
  "-9007199254740992",
  "1e21",
  "1e308",
  "18446744073709551616",
];

/** Issuing tokens. */
export const issuingCases: readonly HttpCase[] = [
  ...issuedCases,
  ...refusedSubjects.map(([title, subject]) =>
    invalid(`a subject ${title} is refused`, path, { subject, ttlSeconds: 60 }, "subject", textRule(256)),
  ),
  invalid("a life must be there", path, { subject: "ada" }, "ttlSeconds", lifeRule),
  ...refusedLives.map((literal) =>
    invalid(`a life of ${literal} is refused`, path, withLife(literal), "ttlSeconds", lifeRule),
  ),
  ...refusedClaims.map(([title, claims, field, rule]) =>
    invalid(`${title} in claims is refused`, path, withClaims(claims), field, rule),
  ),
  ...refusedNumbers.map((literal) =>
    invalid(`a claim of ${literal} is refused`, path, withNumber(literal), "claims.n", valueRule),
  ),
  invalid("a payload of 4097 bytes is refused", path, filled(4097), "claims", payloadRule),
];
