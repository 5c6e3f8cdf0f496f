/** Cases of paths, methods, media types and sizes. */
import { type HttpCase, post, refused } from "./http-case.ts";

/** Paths, methods, media types and sizes. */
export const routingCases: readonly HttpCase[] = [
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
    title: "a percent-encoded path is the same path",
    method: "GET",
    path: "/%68ealthz",
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
