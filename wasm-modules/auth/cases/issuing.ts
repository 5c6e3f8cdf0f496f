/** Cases of issuing tokens. */
import { type HttpCase, invalid, post, textRule } from "./http-case.ts";
import { hs256, normaliseToken } from "./signed-token.ts";

const claimRule = "must be a string, a boolean or a whole number";
const nameRule = "must be named with a letter, then up to 63 letters, digits or _ . : / -";
const token = (claims: unknown): unknown => ({ subject: "ada", ttlSeconds: 60, claims });

/** Issuing tokens. */
export const issuingCases: readonly HttpCase[] = [
  {
    title: "a token is issued",
    ...post("/v1/tokens", { subject: "ada", ttlSeconds: 3600 }),
    status: 200,
    body: {
      header: hs256,
      claims: { exp: 3600, iat: "now", iss: "example", sub: "ada" },
      signature: "signed",
    },
    normalise: normaliseToken,
  },
  {
    title: "a token carries the caller's claims in order of their names",
    ...post(
      "/v1/tokens",
      '{"subject":"é\\"\\u0001","ttlSeconds":6e1,"claims":{"z":-0,"role":"admin","https://a/b":true,"constructor":2.0}}',
    ),
    status: 200,
    body: {
      header: hs256,
      claims: {
        constructor: 2,
        exp: 60,
        "https://a/b": true,
        iat: "now",
        iss: "example",
        role: "admin",
        sub: 'é"\u0001',
        z: 0,
      },
      signature: "signed",
    },
    normalise: normaliseToken,
  },
  invalid("a subject must be there", "/v1/tokens", { ttlSeconds: 60 }, "subject", textRule(256)),
  invalid(
    "a life must be there",
    "/v1/tokens",
    { subject: "ada" },
    "ttlSeconds",
    "must be a whole number from 1 to 31536000",
  ),
  invalid(
    "a life must be over 0",
    "/v1/tokens",
    { subject: "ada", ttlSeconds: 0 },
    "ttlSeconds",
    "must be a whole number from 1 to 31536000",
  ),
  invalid(
    "a life must be whole",
    "/v1/tokens",
    { subject: "ada", ttlSeconds: 1.5 },
    "ttlSeconds",
    "must be a whole number from 1 to 31536000",
  ),
  invalid(
    "a life must be at most a year",
    "/v1/tokens",
    { subject: "ada", ttlSeconds: 31_536_001 },
    "ttlSeconds",
    "must be a whole number from 1 to 31536000",
  ),
  invalid(
    "claims must be an object",
    "/v1/tokens",
    token(null),
    "claims",
    "must be an object of at most 32 claims",
  ),
  invalid(
    "33 claims are too many",
    "/v1/tokens",
    token(Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`c${i}`, i]))),
    "claims",
    "must be an object of at most 32 claims",
  ),
  invalid(
    "a registered claim is refused",
    "/v1/tokens",
    token({ iss: "me" }),
    "claims.iss",
    "is a registered claim, which callers cannot set",
  ),
  invalid(
    "a claim's name must start with a letter",
    "/v1/tokens",
    token({ "1": true }),
    "claims.1",
    nameRule,
  ),
  invalid("a claim must be flat", "/v1/tokens", token({ roles: ["a"] }), "claims.roles", claimRule),
  invalid("a claim's number must be whole", "/v1/tokens", token({ share: 0.5 }), "claims.share", claimRule),
  invalid(
    "a claim's number must be exact",
    "/v1/tokens",
    '{"subject":"a","ttlSeconds":1,"claims":{"n":9007199254740993}}',
    "claims.n",
    claimRule,
  ),
  invalid(
    "claims are measured together",
    "/v1/tokens",
    token({ note: "x".repeat(4096) }),
    "claims",
    "must make a payload of at most 4096 bytes",
  ),
];
