/**
 * What the auth service answers, as data: every implementation, wherever it runs, gives each case's status
 * and body. Answers with random or time-bound parts are compared after `normalise`.
 */
import { createHmac } from "node:crypto";

/** One request and its answer. `body` is the parsed JSON, undefined for an empty body. */
export type HttpCase = {
  title: string;
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  sends?: string | Uint8Array<ArrayBuffer>;
  status: number;
  allow?: string;
  body: unknown;
  /** Puts fixed words for the random and time-bound parts of an answer, and leaves a wrong answer alone. */
  normalise?: (body: unknown) => unknown;
};

/** The environment that the cases are written for. */
export const authEnv = { AUTH_KEY: "an example key of 32 bytes or more", AUTH_ISSUER: "example" };

/** PHC string of "correct horse battery staple". */
export const knownHash =
  "$argon2id$v=19$m=7168,t=5,p=1$c2FsdCBmb3IgZXhhbXBsZQ$TJpwU5QfBGYiqU4jz5NZv8Leeb8gk1MotG9Ce4qdxGs";

/** A token signed with the cases' key, or another one. */
export function signToken(header: unknown, payload: unknown, key: string = authEnv.AUTH_KEY): string {
  const signed = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

/** Puts `<salt>` and `<tag>` into `{hash}` when both have their length. */
export function normaliseHash(body: unknown): unknown {
  const { hash } = body as { hash: string };
  return { hash: hash.replace(/\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/, "$<salt>$<tag>") };
}

/** Puts the header and the claims for `{token}`, with `iat` as "now" when it is within a minute of this clock
 * and `exp` as seconds after it, and "signed" when the signature is right. */
export function normaliseToken(body: unknown): unknown {
  const { token } = body as { token: string };
  const [header, payload] = token
    .split(".", 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  const isNow = Math.abs(payload.iat - Date.now() / 1000) < 60;
  const claims = { ...payload, iat: isNow ? "now" : payload.iat, exp: payload.exp - payload.iat };
  return { header, claims, signature: signToken(header, payload) === token ? "signed" : "wrong" };
}

const json = { "content-type": "application/json" };
const hs256 = { alg: "HS256", typ: "JWT" };
const year2100 = 4_102_444_800;
const held = { exp: year2100, iat: 1_700_000_000, iss: "example", sub: "ada" };

function post(path: string, sends: unknown): Pick<HttpCase, "method" | "path" | "headers" | "sends"> {
  return {
    method: "POST",
    path,
    headers: json,
    sends: typeof sends === "string" ? sends : JSON.stringify(sends),
  };
}

function refused(status: number, field: string, message: string): Pick<HttpCase, "status" | "body"> {
  return { status, body: { error: { field, message } } };
}

function invalid(title: string, path: string, sends: unknown, field: string, message: string): HttpCase {
  return { title, ...post(path, sends), ...refused(400, field, message) };
}

function checked(title: string, token: string, body: unknown): HttpCase {
  return { title, ...post("/v1/tokens/verify", { token }), status: 200, body };
}

function verified(title: string, password: string, hash: string, valid: boolean): HttpCase {
  return { title, ...post("/v1/passwords/verify", { password, hash }), status: 200, body: { valid } };
}

const text = (longest: number): string => `must be a string of 1 to ${longest} bytes`;
const hashRule = "must be an argon2id string (v=19, m up to 65536, m times t up to 262144, p up to 4)";
const claimRule = "must be a string, a boolean or a whole number";
const nameRule = "must be named with a letter, then up to 63 letters, digits or _ . : / -";
const token = (claims: unknown): unknown => ({ subject: "ada", ttlSeconds: 60, claims });

const routing: HttpCase[] = [
  {
    title: "healthz is ok",
    method: "GET",
    path: "/healthz",
    headers: {},
    status: 200,
    body: { status: "ok" },
  },
  {
    title: "healthz ignores a query",
    method: "GET",
    path: "/healthz?a=1",
    headers: {},
    status: 200,
    body: { status: "ok" },
  },
  {
    title: "healthz answers HEAD with no body",
    method: "HEAD",
    path: "/healthz",
    headers: {},
    status: 200,
    body: undefined,
  },
  {
    title: "healthz refuses POST",
    ...post("/healthz", {}),
    allow: "GET, HEAD",
    ...refused(405, "method", "must be one of: GET, HEAD"),
  },
  {
    title: "an unknown path is not found",
    method: "GET",
    path: "/v1",
    headers: {},
    ...refused(404, "path", "is not an endpoint of this service"),
  },
  {
    title: "a path with one more slash is not found",
    ...post("/v1/tokens/", {}),
    ...refused(404, "path", "is not an endpoint of this service"),
  },
  {
    title: "tokens refuses GET",
    method: "GET",
    path: "/v1/tokens",
    headers: {},
    allow: "POST",
    ...refused(405, "method", "must be one of: POST"),
  },
  {
    title: "tokens refuses DELETE",
    method: "DELETE",
    path: "/v1/tokens",
    headers: {},
    allow: "POST",
    ...refused(405, "method", "must be one of: POST"),
  },
  {
    title: "a form is not accepted",
    method: "POST",
    path: "/v1/passwords/hash",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    sends: "password=x",
    ...refused(415, "content-type", "must be application/json"),
  },
  {
    title: "a media type in capitals with a charset is accepted",
    ...post("/v1/tokens/verify", { token: "x" }),
    headers: { "content-type": "Application/JSON; charset=utf-8" },
    status: 200,
    body: { valid: false, reason: "malformed" },
  },
  {
    title: "a body over 16 KiB is too long",
    ...post("/v1/passwords/hash", { password: "x".repeat(16 * 1024) }),
    ...refused(413, "body", "must be at most 16384 bytes"),
  },
];

const bodies: HttpCase[] = [
  invalid("an empty body is invalid JSON", "/v1/tokens", "", "body", "must be valid JSON"),
  invalid("a cut body is invalid JSON", "/v1/tokens", '{"subject":"a', "body", "must be valid JSON"),
  invalid("a byte order mark is invalid JSON", "/v1/tokens", "\uFEFF{}", "body", "must be valid JSON"),
  invalid(
    "half a surrogate pair is invalid JSON",
    "/v1/tokens",
    '{"subject":"\\ud800"}',
    "body",
    "must be valid JSON",
  ),
  invalid(
    "a number out of range is invalid JSON",
    "/v1/tokens",
    '{"ttlSeconds":1e999}',
    "body",
    "must be valid JSON",
  ),
  invalid(
    "128 levels are invalid JSON",
    "/v1/tokens",
    "[".repeat(128) + "]".repeat(128),
    "body",
    "must be valid JSON",
  ),
  invalid(
    "127 levels are JSON",
    "/v1/tokens",
    "[".repeat(127) + "]".repeat(127),
    "body",
    "must be a JSON object",
  ),
  {
    title: "invalid UTF-8 is invalid JSON",
    ...post("/v1/passwords/hash", ""),
    sends: Uint8Array.from([...Buffer.from('{"password":"'), 0xff, ...Buffer.from('"}')]),
    ...refused(400, "body", "must be valid JSON"),
  },
  invalid("an array is not an object", "/v1/tokens", [], "body", "must be a JSON object"),
  invalid(
    "the first unknown field is named",
    "/v1/passwords/hash",
    '{"\u{1F511}":1,"\uFFFD":1,"password":"x"}',
    "\uFFFD",
    "is not a field of this request",
  ),
  invalid(
    "a field named like a prototype's is unknown",
    "/v1/passwords/hash",
    '{"__proto__":1}',
    "__proto__",
    "is not a field of this request",
  ),
  {
    title: "the last of two equal fields counts",
    ...post("/v1/tokens/verify", '{"token":1,"token":"x"}'),
    status: 200,
    body: { valid: false, reason: "malformed" },
  },
];

const passwords: HttpCase[] = [
  {
    title: "a password is hashed with argon2id",
    ...post("/v1/passwords/hash", { password: "correct horse battery staple" }),
    status: 200,
    body: { hash: "$argon2id$v=19$m=7168,t=5,p=1$<salt>$<tag>" },
    normalise: normaliseHash,
  },
  invalid("a password must be there", "/v1/passwords/hash", {}, "password", text(1024)),
  invalid("a password must not be empty", "/v1/passwords/hash", { password: "" }, "password", text(1024)),
  invalid("a password must be a string", "/v1/passwords/hash", { password: 12345 }, "password", text(1024)),
  invalid(
    "a password is measured in bytes",
    "/v1/passwords/hash",
    { password: "é".repeat(513) },
    "password",
    text(1024),
  ),
  verified("the right password matches", "correct horse battery staple", knownHash, true),
  verified("a wrong password does not match", "Correct horse battery staple", knownHash, false),
  verified(
    "a hash of other cost, lanes and length matches",
    "pässwörd",
    "$argon2id$v=19$m=64,t=2,p=2$c2FsdCBmb3IgZXhhbXBsZQ$GRXJDrDYkyvuzo3n7EAdyA",
    true,
  ),
  ...[
    ["bcrypt", "$2b$12$C6UzMDM.H6dfI/f/IKcEeO6iKMBpr1HmE8sXfd4B4XoPpZLXVfWkS"],
    ["argon2i", knownHash.replace("argon2id", "argon2i")],
    ["more memory than allowed", knownHash.replace("m=7168", "m=65544")],
    ["more work than allowed", knownHash.replace("t=5", "t=37")],
    ["no passes", knownHash.replace("t=5", "t=0")],
    ["a leading zero", knownHash.replace("t=5", "t=05")],
    ["padded base64", `${knownHash}=`],
    ["one part too many", `${knownHash}$c2FsdA`],
    ["a short salt", "$argon2id$v=19$m=64,t=2,p=1$c2FsdA$MDEyMzQ1Njc4OWFiY2RlZg"],
  ].map(([title = "", hash = ""]) =>
    invalid(
      `a hash with ${title} is refused`,
      "/v1/passwords/verify",
      { password: "x", hash },
      "hash",
      hashRule,
    ),
  ),
  invalid("a hash must be there", "/v1/passwords/verify", { password: "x" }, "hash", hashRule),
];

const issuing: HttpCase[] = [
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
  invalid("a subject must be there", "/v1/tokens", { ttlSeconds: 60 }, "subject", text(256)),
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

const good = signToken(hs256, { ...held, role: "admin" });

const checking: HttpCase[] = [
  checked("a token that holds gives its claims", good, {
    valid: true,
    claims: { exp: year2100, iat: 1_700_000_000, iss: "example", role: "admin", sub: "ada" },
  }),
  checked("a changed signature is seen", `${good.slice(0, -4)}AAAA`, { valid: false, reason: "signature" }),
  checked("another key is seen", signToken(hs256, held, "another key"), {
    valid: false,
    reason: "signature",
  }),
  checked("a cut signature is seen", good.slice(0, good.lastIndexOf(".") + 1), {
    valid: false,
    reason: "signature",
  }),
  checked("an unsigned token is unsupported", signToken({ alg: "none" }, held), {
    valid: false,
    reason: "unsupported",
  }),
  checked("a critical extension is unsupported", signToken({ ...hs256, crit: ["b64"] }, held), {
    valid: false,
    reason: "unsupported",
  }),
  checked("a nested claim is unsupported", signToken(hs256, { ...held, a: {} }), {
    valid: false,
    reason: "unsupported",
  }),
  checked("a token with no end is unsupported", signToken(hs256, { iss: "example" }), {
    valid: false,
    reason: "unsupported",
  }),
  checked("another issuer is seen", signToken(hs256, { ...held, iss: "other" }), {
    valid: false,
    reason: "issuer",
  }),
  checked("a token for later is not valid yet", signToken(hs256, { ...held, nbf: year2100 - 1 }), {
    valid: false,
    reason: "notYetValid",
  }),
  checked("a token of the past has expired", signToken(hs256, { ...held, exp: 1_700_000_060 }), {
    valid: false,
    reason: "expired",
  }),
  checked("two parts are malformed", "e30.e30", { valid: false, reason: "malformed" }),
  checked("four parts are malformed", `${good}.e30`, { valid: false, reason: "malformed" }),
  checked("padding is malformed", `${good}=`, { valid: false, reason: "malformed" }),
  checked("a header that is no object is malformed", signToken([], held), {
    valid: false,
    reason: "malformed",
  }),
  invalid("a token must be there", "/v1/tokens/verify", {}, "token", text(8192)),
  invalid(
    "a token has a largest size",
    "/v1/tokens/verify",
    { token: "x".repeat(8193) },
    "token",
    text(8192),
  ),
];

/** Every case, in no order that matters. */
export const authCases: readonly HttpCase[] = [...routing, ...bodies, ...passwords, ...issuing, ...checking];
