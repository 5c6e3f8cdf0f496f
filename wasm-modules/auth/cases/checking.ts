/** Cases of verifying tokens. */
import { type HttpCase, invalid, post, textRule } from "./http-case.ts";
import { hs256, signToken } from "./signed-token.ts";

const year2100 = 4_102_444_800;
const held = { exp: year2100, iat: 1_700_000_000, iss: "example", sub: "ada" };
const good = signToken(hs256, { ...held, role: "admin" });

function checked(title: string, token: string, body: unknown): HttpCase {
  return { title, ...post("/v1/tokens/verify", { token }), status: 200, body };
}

/** Verifying tokens. */
export const checkingCases: readonly HttpCase[] = [
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
  invalid("a token must be there", "/v1/tokens/verify", {}, "token", textRule(8192)),
  invalid(
    "a token has a largest size",
    "/v1/tokens/verify",
    { token: "x".repeat(8193) },
    "token",
    textRule(8192),
  ),
];
