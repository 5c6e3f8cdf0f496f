/** Requests to the auth service, from right ones to what nobody would send, all of them valid HTTP. */
import * as fc from "fast-check";

import type { CaseRequest } from "../cases/http-case.ts";
import { damaged, numberLiteral, objectText, stringLiteral, valueText } from "./json-text.ts";
import { token } from "./tokens.ts";

const literal = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  text.map((value) => JSON.stringify(value));
const mostly = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: other });

const base64 = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .uint8Array({ minLength: 8, maxLength: 65 })
      .map((bytes) => Buffer.from(bytes).toString("base64").replaceAll("=", "")),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[\w+/=-]{0,30}$/) },
);

/** Costs that take little time, and costs that must be refused before any is spent. */
const hash = damaged(
  fc
    .tuple(
      fc.constantFrom("$argon2id$v=19$", "$argon2id$v=19$", "$argon2id$v=16$", "$argon2i$v=19$"),
      fc.constantFrom("m=8", "m=64", "m=7", "m=31", "m=65537", "m=4294967295", "m=4294967304", "m=08", "m="),
      fc.constantFrom("t=1", "t=2", "t=0", "t=32769", "t=262145", "t=4294967297", "t=1e0"),
      fc.constantFrom("p=1", "p=2", "p=4", "p=0", "p=5", "p=16777215", "p=1,keyid=a"),
      base64,
      base64,
    )
    .map(([head, m, t, p, salt, tag]) => `${head}${m},${t},${p}$${salt}$${tag}`),
);

const claims = fc
  .array(
    fc.tuple(
      mostly(
        literal(fc.stringMatching(/^[A-Za-z_][\w.:/-]{0,8}$/)),
        fc.oneof(stringLiteral, literal(fc.constantFrom("exp", "sub", "nbf"))),
      ),
      mostly(fc.oneof(stringLiteral, numberLiteral, fc.constantFrom("true", "false")), valueText),
    ),
    { maxLength: 4 },
  )
  .map(objectText);

const sized = fc
  .constantFrom(255, 256, 257, 1023, 1024, 1025)
  .map((length) => JSON.stringify("x".repeat(length)));
const text = fc.oneof({ weight: 6, arbitrary: stringLiteral }, { weight: 1, arbitrary: sized });

const fields = {
  password: mostly(text, valueText),
  hash: mostly(literal(hash), valueText),
  subject: mostly(text, valueText),
  ttlSeconds: mostly(numberLiteral, valueText),
  claims: mostly(claims, valueText),
  token: mostly(literal(token), valueText),
};

const endpoints: readonly { path: string; fields: readonly (keyof typeof fields)[] }[] = [
  { path: "/v1/passwords/hash", fields: ["password"] },
  { path: "/v1/passwords/verify", fields: ["password", "hash"] },
  { path: "/v1/tokens", fields: ["subject", "ttlSeconds", "claims"] },
  { path: "/v1/tokens/verify", fields: ["token"] },
];

function bodyOf(names: readonly (keyof typeof fields)[]): fc.Arbitrary<string> {
  const right = fc.tuple(...names.map((name) => fields[name].map((value) => [`"${name}"`, value] as const)));
  const extra = fc.array(
    fc.oneof(
      fc.constantFrom(...names).chain((name) => fields[name].map((value) => [`"${name}"`, value] as const)),
      fc.tuple(stringLiteral, valueText),
    ),
    { minLength: 1, maxLength: 2 },
  );
  return fc.oneof(
    { weight: 8, arbitrary: right.map(objectText) },
    { weight: 2, arbitrary: fc.tuple(extra, right).map(([first, rest]) => objectText([...first, ...rest])) },
    { weight: 1, arbitrary: valueText },
  );
}

const mediaType = fc.oneof(
  { weight: 12, arbitrary: fc.constant<string | string[]>("application/json") },
  {
    weight: 1,
    arbitrary: fc.constantFrom<string | string[]>(
      "",
      "text/plain",
      "Application/Json;a=b",
      "application/json ,x",
      ["application/json", "text/plain"],
      ["text/plain", "application/json"],
    ),
  },
  {
    weight: 1,
    arbitrary: damaged(fc.constant("application/json; charset=utf-8")).map((type) =>
      type.replaceAll(/[^ -~\t]/g, ""),
    ),
  },
);

const headers = fc
  .tuple(fc.option(mediaType, { freq: 20 }), fc.constantFrom("content-type", "Content-Type", "CONTENT-TYPE"))
  .map(([type, name]): CaseRequest["headers"] => (type === null ? {} : { [name]: type }));

/** Paths as they may stand in a request line: no space, no control character, no fragment. */
function pathsLike(path: string): fc.Arbitrary<string> {
  const query = fc.stringMatching(/^\?[!$-;=?-Z_a-z~%]{0,10}$/);
  const edit = fc.constantFrom(
    "/",
    "//",
    "/.",
    "/..",
    "/./",
    "/../",
    "%2e",
    "%2E%2e/",
    "%2f",
    "%00",
    "%ff",
    "%",
    "%c3%a9",
    ";",
    ":",
    "@",
    "\\",
    "|",
    "^",
    "'",
    '"',
    "[",
    "~",
  );
  const edited = fc
    .tuple(fc.nat(path.length), edit)
    .map(([at, inserted]) => path.slice(0, at) + inserted + path.slice(at));
  const encoded = fc
    .nat(path.length - 1)
    .map((at) => path.slice(0, at) + percent(path.charAt(at)) + path.slice(at + 1));
  return fc.oneof(
    { weight: 20, arbitrary: fc.constant(path) },
    { weight: 2, arbitrary: query.map((text) => path + text) },
    { weight: 1, arbitrary: edited.map((text) => (text.startsWith("/") ? text : `/${text}`)) },
    { weight: 1, arbitrary: encoded.map((text) => (text.startsWith("/") ? text : `/${text}`)) },
  );
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`;
}

const method = fc.oneof(
  { weight: 20, arbitrary: fc.constant("POST") },
  { weight: 1, arbitrary: fc.constantFrom("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE") },
);

const posted = fc.constantFrom(...endpoints).chain(({ path, fields: names }) =>
  fc.record<CaseRequest>({
    method,
    path: pathsLike(path),
    headers,
    sends: fc.oneof(
      { weight: 20, arbitrary: damaged(bodyOf(names)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(16_384, 16_385, 70_000).map((length) => '{"token":"x"}'.padEnd(length)),
      },
    ),
    chunked: fc.nat(9).map((dice) => dice === 0),
  }),
);

const asked = fc.constantFrom("/healthz", "/.well-known/jwks.json", "/v1/tokens", "/").chain((path) =>
  fc.record<CaseRequest>({
    method: fc.constantFrom("GET", "HEAD", "OPTIONS", "DELETE"),
    path: pathsLike(path),
    headers: fc.constant({}),
  }),
);

/** One request. */
export const anyRequest: fc.Arbitrary<CaseRequest> = fc.oneof(
  { weight: 9, arbitrary: posted },
  { weight: 1, arbitrary: asked },
);
