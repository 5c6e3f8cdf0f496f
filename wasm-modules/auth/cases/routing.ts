/** Cases of paths, methods, media types and sizes. */
import { ask, type HttpCase, notAllowed, notFound, ok, post, refused } from "./http-case.ts";

const healthy = ok({ status: "ok" });
const bodyLimit = 16 * 1024;
const tooLong = refused(413, "body", "must be at most 16384 bytes");
const notJson = refused(415, "content-type", "must be application/json");
const malformed = ok({ valid: false, reason: "malformed" });
const check = post("/v1/tokens/verify", { token: "x" });

function typed(type: string | readonly string[]): Pick<HttpCase, "headers"> {
  return { headers: { "content-type": type } };
}

function padded(length: number): string {
  return '{"token":"x"}'.padEnd(length, " ");
}

const paths: readonly HttpCase[] = [
  { title: "healthz is ok", ...ask("GET", "/healthz"), ...healthy },
  { title: "healthz ignores a query", ...ask("GET", "/healthz?a=1&b=%00?c"), ...healthy },
  { title: "a percent-encoded path is the same path", ...ask("GET", "/%68ealthz"), ...healthy },
  { title: "a path with dots is the path that they lead to", ...ask("GET", "/v1/../healthz"), ...healthy },
  { title: "dots may be percent-encoded", ...ask("GET", "/v1/%2e%2E/healthz"), ...healthy },
  { title: "a query does not change an endpoint", ...check, path: "/v1/tokens/verify?token=y", ...malformed },
  ...[
    "/",
    "/v1",
    "/healthz/",
    "/Healthz",
    "/healthz;a=1",
    "/healthz%20",
    "/healthz%00",
    "/healthz%ff",
    "/healthz%2",
    "/%2fhealthz",
    "/v1/tokens%2Fverify/",
    "/v1/tokens/verify/x",
    "/.well-known/openid-configuration",
  ].map((path) => ({ title: `${path} is not found`, ...ask("GET", path), ...notFound })),
  {
    title: "a path with one more slash is not found",
    ...post("/v1/tokens/", {}),
    ...notFound,
  },
  {
    title: "a percent-encoded slash is a slash",
    ...check,
    path: "/v1/tokens%2Fverify",
    ...malformed,
  },
];

const methods: readonly HttpCase[] = [
  { title: "healthz answers HEAD with no body", ...ask("HEAD", "/healthz"), ...healthy, body: undefined },
  { title: "healthz refuses POST", ...post("/healthz", {}), ...notAllowed("GET, HEAD") },
  { title: "healthz refuses OPTIONS", ...ask("OPTIONS", "/healthz"), ...notAllowed("GET, HEAD") },
  ...["GET", "DELETE", "OPTIONS", "PUT", "PATCH"].map((method) => ({
    title: `tokens refuses ${method}`,
    ...ask(method, "/v1/tokens"),
    ...notAllowed("POST"),
  })),
  {
    title: "tokens refuses HEAD with no body",
    ...ask("HEAD", "/v1/tokens"),
    ...notAllowed("POST"),
    body: undefined,
  },
  {
    title: "a path that is not found answers HEAD with no body",
    ...ask("HEAD", "/v2"),
    ...notFound,
    body: undefined,
  },
  {
    title: "another method in a header counts for nothing",
    ...ask("GET", "/v1/tokens"),
    headers: { "x-http-method-override": "POST" },
    ...notAllowed("POST"),
  },
  {
    title: "a PUT with a body is refused for its method",
    ...post("/v1/passwords/hash", { password: "x" }),
    method: "PUT",
    ...notAllowed("POST"),
  },
];

const mediaTypes: readonly HttpCase[] = [
  ...[
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/jsonp",
    "application/problem+json",
    "application/json, text/plain",
    "application /json",
    ";application/json",
    '"application/json"',
  ].map((type) => ({ title: `${type} is not accepted`, ...check, ...typed(type), ...notJson })),
  ...[
    "Application/JSON; charset=utf-8",
    "application/json;charset=latin1",
    "application/json \t ;",
    'application/json; profile="a;b,c"',
  ].map((type) => ({ title: `${type} is accepted`, ...check, ...typed(type), ...malformed })),
  { title: "a body of no type is not accepted", ...check, headers: {}, ...notJson },
  {
    title: "two media types are not accepted",
    ...check,
    ...typed(["application/json", "text/plain"]),
    ...notJson,
  },
  {
    title: "a header's name may be in capitals",
    ...check,
    headers: { "CONTENT-TYPE": "application/json" },
    ...malformed,
  },
  {
    title: "headers that it does not know count for nothing",
    ...check,
    headers: {
      ...check.headers,
      accept: "text/html",
      authorization: "Bearer x",
      "auth-key": "x",
      "content-encoding": "br",
      proxy: "x",
    },
    ...malformed,
  },
];

const sizes: readonly HttpCase[] = [
  { title: "a body of 16 KiB is read", ...check, sends: padded(bodyLimit), ...malformed },
  { title: "a body over 16 KiB is too long", ...check, sends: padded(bodyLimit + 1), ...tooLong },
  { title: "a body of 1 MiB is too long", ...check, sends: padded(1024 * 1024), ...tooLong },
  {
    title: "a chunked body of 16 KiB is read",
    ...check,
    chunked: true,
    sends: padded(bodyLimit),
    ...malformed,
  },
  {
    title: "a chunked body over 16 KiB is too long",
    ...check,
    chunked: true,
    sends: padded(bodyLimit + 1),
    ...tooLong,
  },
  {
    title: "a type is looked at before a size",
    ...check,
    headers: {},
    sends: padded(bodyLimit + 1),
    ...notJson,
  },
  {
    title: "a method is looked at before a type and a size",
    ...check,
    method: "PATCH",
    headers: {},
    sends: padded(bodyLimit + 1),
    ...notAllowed("POST"),
  },
];

/** Paths, methods, media types and sizes. */
export const routingCases: readonly HttpCase[] = [...paths, ...methods, ...mediaTypes, ...sizes];
