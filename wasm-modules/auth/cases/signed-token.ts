/** HS256 tokens made and taken apart without the service, as its counter-check. */
import { createHmac } from "node:crypto";

import { authEnv } from "./environment.ts";

/** The header of every token that the service issues. */
export const hs256 = { alg: "HS256", typ: "JWT" };

/** A token signed with the cases' key, or another one. */
export function signToken(header: unknown, payload: unknown, key: string = authEnv.AUTH_KEY): string {
  const signed = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
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
