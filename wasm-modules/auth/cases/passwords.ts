/** Cases of hashing and verifying passwords. */
import { type HttpCase, invalid, post, textRule } from "./http-case.ts";

/** PHC string of "correct horse battery staple". */
const knownHash =
  "$argon2id$v=19$m=7168,t=5,p=1$c2FsdCBmb3IgZXhhbXBsZQ$TJpwU5QfBGYiqU4jz5NZv8Leeb8gk1MotG9Ce4qdxGs";

const hashRule = "must be an argon2id string (v=19, m up to 65536, m times t up to 262144, p up to 4)";

/** Puts `<salt>` and `<tag>` into `{hash}` when both have their length. */
function normaliseHash(body: unknown): unknown {
  const { hash } = body as { hash: string };
  return { hash: hash.replace(/\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/, "$<salt>$<tag>") };
}

function verified(title: string, password: string, hash: string, valid: boolean): HttpCase {
  return { title, ...post("/v1/passwords/verify", { password, hash }), status: 200, body: { valid } };
}

/** Hashing and verifying passwords. */
export const passwordCases: readonly HttpCase[] = [
  {
    title: "a password is hashed with argon2id",
    ...post("/v1/passwords/hash", { password: "correct horse battery staple" }),
    status: 200,
    body: { hash: "$argon2id$v=19$m=7168,t=5,p=1$<salt>$<tag>" },
    normalise: normaliseHash,
  },
  invalid("a password must be there", "/v1/passwords/hash", {}, "password", textRule(1024)),
  invalid("a password must not be empty", "/v1/passwords/hash", { password: "" }, "password", textRule(1024)),
  invalid(
    "a password must be a string",
    "/v1/passwords/hash",
    { password: 12345 },
    "password",
    textRule(1024),
  ),
  invalid(
    "a password is measured in bytes",
    "/v1/passwords/hash",
    { password: "é".repeat(513) },
    "password",
    textRule(1024),
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
