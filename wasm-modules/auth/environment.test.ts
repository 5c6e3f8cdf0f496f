/** What the environment sets: both implementations refuse the same settings with the same words. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { readConfig } from "../auth-container/config.ts";
import { authEnv, ed25519Env, ed25519OnlyEnv, seeds, toPem } from "./cases/environment.ts";
import { firstKey, secondKey } from "./cases/signed-token.ts";
import { runCgi } from "./run-cgi.ts";

const module = new WebAssembly.Module(readFileSync(new URL("auth.wasm", import.meta.url)));
const health = { method: "GET", path: "/healthz", headers: {} };

const keyRule = "must be set to 32 bytes or more";
const pemRule = "must be 1 to 4 Ed25519 private keys, each in PKCS #8 PEM";
const numberRule = "must be a whole number without leading zeros";
const costRule = "must be 8 to 65536, and at most 262144 when multiplied by AUTH_ARGON2_PASSES";

const pem = toPem(seeds[0]);
const publicPem =
  "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwaaPJHURo=\n-----END PUBLIC KEY-----\n";

const wrongKeys: readonly (readonly [title: string, keys: string])[] = [
  ["nothing", ""],
  ["white space", " \n"],
  ["a seed in hex", seeds[0]],
  ["a public key", publicPem],
  ["five keys", pem.repeat(5)],
  ["text in front", `Key:\n${pem}`],
  ["text behind", `${pem}x`],
  ["text between", `${pem}x\n${pem}`],
  ["a cut block", pem.slice(0, -5)],
  ["a block without a start", pem.slice(5)],
  ["an empty block", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"],
  ["another algorithm's number", toPem(seeds[0]).replace("AwBQYDK2Vw", "AwBQYDK2Vx")],
  ["a short key", pem.replace(/.{4}\n-----END/, "\n-----END")],
  ["a long key", toPem(`${seeds[0]}00`)],
  ["padding", pem.replace("\n-----END", "=\n-----END")],
  ["base64 for URLs", pem.replaceAll("+", "-").replaceAll("/", "_")],
  ["an encrypted key", pem.replaceAll("PRIVATE", "ENCRYPTED PRIVATE")],
];

const wrong: readonly (readonly [env: Record<string, string>, variable: string, rule: string])[] = [
  [{}, "AUTH_KEY", keyRule],
  [{ AUTH_KEY: "short" }, "AUTH_KEY", keyRule],
  [{ AUTH_ED25519_KEYS: pem }, "AUTH_KEY", keyRule],
  [{ ...ed25519OnlyEnv, AUTH_KEY: "" }, "AUTH_KEY", keyRule],
  [{ ...authEnv, AUTH_ALGORITHM: "none" }, "AUTH_ALGORITHM", "must be HS256 or EdDSA"],
  [{ ...authEnv, AUTH_ALGORITHM: "" }, "AUTH_ALGORITHM", "must be HS256 or EdDSA"],
  [{ ...ed25519Env, AUTH_ALGORITHM: "eddsa" }, "AUTH_ALGORITHM", "must be HS256 or EdDSA"],
  [{ ...authEnv, AUTH_ALGORITHM: "EdDSA" }, "AUTH_ED25519_KEYS", pemRule],
  [{ ...authEnv, AUTH_ISSUER: "" }, "AUTH_ISSUER", "must have 1 to 256 bytes"],
  [{ ...authEnv, AUTH_ISSUER: "é".repeat(129) }, "AUTH_ISSUER", "must have 1 to 256 bytes"],
  [{ ...authEnv, AUTH_ARGON2_PASSES: "1.5" }, "AUTH_ARGON2_PASSES", numberRule],
  [{ ...authEnv, AUTH_ARGON2_PASSES: "4294967296" }, "AUTH_ARGON2_PASSES", numberRule],
  [{ ...authEnv, AUTH_ARGON2_PASSES: "0" }, "AUTH_ARGON2_MEMORY_KIB", costRule],
  [{ ...authEnv, AUTH_ARGON2_MEMORY_KIB: "65537" }, "AUTH_ARGON2_MEMORY_KIB", costRule],
  [{ ...authEnv, AUTH_ARGON2_MEMORY_KIB: "" }, "AUTH_ARGON2_MEMORY_KIB", numberRule],
  [{ ...authEnv, SERVED_BY: "a\nb: c" }, "SERVED_BY", "must be 1 to 64 letters, digits or . _ -"],
  [{ ...authEnv, SERVED_BY: "" }, "SERVED_BY", "must be 1 to 64 letters, digits or . _ -"],
];

function expectRefused(env: Record<string, string>, field: string, message: string): void {
  const reply = runCgi(module, env, health);
  expect([reply.status, JSON.parse(reply.text)]).toEqual([500, { error: { field, message } }]);
  expect(() => readConfig(env)).toThrow(new Error(`${field} ${message}`));
}

it.each(wrong)("refuses %j", expectRefused);

it.each(wrongKeys)("refuses %s for Ed25519 keys", (_title, keys) =>
  expectRefused({ ...authEnv, AUTH_ED25519_KEYS: keys }, "AUTH_ED25519_KEYS", pemRule),
);

it("never shows a key that it refuses", () => {
  const { text } = runCgi(module, { ...authEnv, AUTH_ED25519_KEYS: `${pem}x` }, health);
  expect(text).not.toContain(Buffer.from(seeds[0], "hex").toString("base64").slice(0, 8));
});

it.each([
  ["lines of other lengths and ends", pem.replace(/(.{40})/g, "$1\r\n"), [firstKey.jwk]],
  ["white space around", ` \t\n${toPem(seeds[1])}\n\n${pem}`, [secondKey.jwk, firstKey.jwk]],
  [
    "the text that OpenSSL exports",
    firstKey.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    [firstKey.jwk],
  ],
])("takes Ed25519 keys with %s", (_title, keys, listed) => {
  const env = { ...authEnv, AUTH_ED25519_KEYS: keys };
  const path = "/.well-known/jwks.json";
  const reply = runCgi(module, env, { ...health, path });
  expect(JSON.parse(reply.text)).toEqual({ keys: listed });
  expect(readConfig(env).keys.ed25519.map(({ jwk }) => jwk)).toEqual(listed);
});

it("hashes with the cost that the environment sets", () => {
  const env = { ...authEnv, AUTH_ARGON2_MEMORY_KIB: "64", AUTH_ARGON2_PASSES: "2" };
  const headers = { "content-type": "application/json" };
  const reply = runCgi(module, env, {
    method: "POST",
    path: "/v1/passwords/hash",
    headers,
    body: '{"password":"x"}',
  });
  expect(JSON.parse(reply.text)).toEqual({ hash: expect.stringContaining("$m=64,t=2,p=1$") });
});

it("names itself in the answer to a wrong environment", () => {
  const { status, headers } = runCgi(module, { SERVED_BY: "edge" }, health);
  expect([status, headers["served-by"]]).toEqual([500, "edge"]);
});
