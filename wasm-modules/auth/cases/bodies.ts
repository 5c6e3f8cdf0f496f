/** Cases of bodies that are no JSON, no object or have fields that nobody asked for. */
import { type HttpCase, invalid, post, refused } from "./http-case.ts";

/** Bodies as such, before any field is looked at. */
export const bodyCases: readonly HttpCase[] = [
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
