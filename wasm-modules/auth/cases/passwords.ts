/** Cases of hashing and verifying passwords. */
import { argon2Sync } from "node:crypto";

import { type HttpCase, invalid, ok, post, textRule } from "./http-case.ts";

const hashPath = "/v1/passwords/hash";
const verifyPath = "/v1/passwords/verify";

/** PHC string of "correct horse battery staple". */
const knownHash =
  "$argon2id$v=19$m=7168,t=5,p=1$c2FsdCBmb3IgZXhhbXBsZQ$TJpwU5QfBGYiqU4jz5NZv8Leeb8gk1MotG9Ce4qdxGs";

const hashRule = "must be an argon2id string (v=19, m up to 65536, m times t up to 262144, p up to 4)";

/** The PHC string that OpenSSL makes of a password, its parts repeated bytes of the given lengths. */
function phc(message: string, m: number, t: number, p: number, saltLength = 16, tagLength = 32): string {
  const nonce = Buffer.alloc(saltLength, "salt");
  const tag = argon2Sync("argon2id", { message, nonce, memory: m, passes: t, parallelism: p, tagLength });
  const [salt, hash] = [nonce, tag].map((bytes) => bytes.toString("base64").replaceAll("=", ""));
  return `$argon2id$v=19$m=${m},t=${t},p=${p}$${salt}$${hash}`;
}

/** Puts `<salt>` and `<tag>` into `{hash}` when both have their length. */
function normaliseHash(body: unknown): unknown {
  const { hash } = body as { hash: string };
  return { hash: hash.replace(/\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/, "$<salt>$<tag>") };
}

function hashed(title: string, password: string): HttpCase {
  return {
    title: `${title} is hashed with argon2id`,
    ...post(hashPath, { password }),
    ...ok({ hash: "$argon2id$v=19$m=7168,t=5,p=1$<salt>$<tag>" }),
    normalise: normaliseHash,
  };
}

const refusedPasswords: readonly (readonly [title: string, fields: unknown])[] = [
  ["no password", {}],
  ["an empty password", { password: "" }],
  ["a password that is a number", { password: 12345 }],
  ["a password that is null", { password: null }],
  ["a password that is a list", { password: ["x"] }],
  ["a password of 1025 bytes", { password: "x".repeat(1025) }],
  ["a password of 513 characters and 1026 bytes", { password: "é".repeat(513) }],
];

const verified: readonly (readonly [title: string, password: string, hash: string, valid: boolean])[] = [
  ["the right password matches", "correct horse battery staple", knownHash, true],
  ["a wrong password does not match", "Correct horse battery staple", knownHash, false],
  [
    "a hash of other cost, lanes and length matches",
    "pässwörd",
    "$argon2id$v=19$m=64,t=2,p=2$c2FsdCBmb3IgZXhhbXBsZQ$GRXJDrDYkyvuzo3n7EAdyA",
    true,
  ],
  ["a password of 1024 bytes matches", "x".repeat(1024), phc("x".repeat(1024), 8, 1, 1), true],
  ["a password counts to its last byte", `${"x".repeat(1023)}y`, phc("x".repeat(1024), 8, 1, 1), false],
  ["a zero byte does not end a password", "a\0b", phc("a\0b", 8, 1, 1), true],
  ["what comes after a zero byte counts", "a\0c", phc("a\0b", 8, 1, 1), false],
  ["white space around a password counts", " x", phc("x", 8, 1, 1), false],
  ["the same letter in other characters does not match", "e\u0301", phc("\u00e9", 8, 1, 1), false],
  ["a password of four-byte characters matches", "🔑🔒", phc("🔑🔒", 8, 1, 1), true],
  ["the shortest salt and tag match", "x", phc("x", 8, 1, 1, 8, 16), true],
  ["the longest salt and tag match", "x", phc("x", 8, 1, 1, 64, 64), true],
  ["the largest memory matches", "x", phc("x", 65_536, 1, 4), true],
  ["the most passes match", "x", phc("x", 8, 32_768, 1), true],
];

const cost = (parameters: string): string => knownHash.replace("m=7168,t=5,p=1", parameters);
const parts = (salt: string, tag: string): string => `$argon2id$v=19$m=64,t=2,p=1$${salt}$${tag}`;
const base64 = (length: number): string => Buffer.alloc(length, 7).toString("base64").replaceAll("=", "");

const refusedHashes: readonly (readonly [title: string, hash: unknown])[] = [
  ["that is not there", undefined],
  ["that is null", null],
  ["that is empty", ""],
  ["of bcrypt", "$2b$12$C6UzMDM.H6dfI/f/IKcEeO6iKMBpr1HmE8sXfd4B4XoPpZLXVfWkS"],
  ["of argon2i", knownHash.replace("argon2id", "argon2i")],
  ["of argon2d", knownHash.replace("argon2id", "argon2d")],
  ["in capitals", knownHash.replace("argon2id", "ARGON2ID")],
  ["of argon2 1.0", knownHash.replace("v=19", "v=16")],
  ["without a version", knownHash.replace("v=19$", "")],
  ["with more memory than allowed", cost("m=65537,t=1,p=1")],
  ["with 4 TiB of memory", cost("m=4294967295,t=1,p=1")],
  ["with memory past 32 bits", cost("m=4294967304,t=1,p=1")],
  ["with memory past 64 bits", cost("m=18446744073709551624,t=1,p=1")],
  ["with more work than allowed", cost("m=7168,t=37,p=1")],
  ["with more passes than allowed", cost("m=8,t=32769,p=1")],
  ["with passes whose product passes 32 bits", cost("m=65536,t=65536,p=1")],
  ["with the most passes that argon2 defines", cost("m=8,t=4294967295,p=1")],
  ["with no passes", cost("m=7168,t=0,p=1")],
  ["with no lane", cost("m=7168,t=5,p=0")],
  ["with five lanes", cost("m=7168,t=5,p=5")],
  ["with the most lanes that argon2 defines", cost("m=7168,t=5,p=16777215")],
  ["with less memory than its lanes need", cost("m=31,t=1,p=4")],
  ["with a leading zero", cost("m=7168,t=05,p=1")],
  ["with a sign", cost("m=+7168,t=5,p=1")],
  ["with a negative number", cost("m=-8,t=5,p=1")],
  ["with a fraction", cost("m=7168.0,t=5,p=1")],
  ["with an exponent", cost("m=7e3,t=5,p=1")],
  ["with a space", cost("m=7168, t=5,p=1")],
  ["with digits of another script", cost("m=٧١٦٨,t=5,p=1")],
  ["with its parameters in another order", cost("t=5,m=7168,p=1")],
  ["without lanes", cost("m=7168,t=5")],
  ["with another parameter", cost("m=7168,t=5,p=1,data=AAAA")],
  ["with padded base64", `${knownHash}=`],
  ["with base64 for URLs", parts("_-_-_-_-_-_-_-_-_-_-_w", base64(16))],
  ["with base64 of a second spelling", parts("c2FsdCBmb3IgZXhhbXBsZR", base64(16))],
  ["with one part too many", `${knownHash}$c2FsdA`],
  ["without a tag", parts(base64(16), "")],
  ["with a line feed at its end", `${knownHash}\n`],
  ["with a salt of 7 bytes", parts(base64(7), base64(16))],
  ["with a salt of 65 bytes", parts(base64(65), base64(16))],
  ["with a tag of 15 bytes", parts(base64(16), base64(15))],
  ["with a tag of 65 bytes", parts(base64(16), base64(65))],
  ["with a salt of 9 kB", parts(base64(9_000), base64(16))],
];

/** Hashing and verifying passwords. */
export const passwordCases: readonly HttpCase[] = [
  hashed("a password", "correct horse battery staple"),
  hashed("a password of 1024 bytes", "\u{1F511}".repeat(256)),
  ...refusedPasswords.map(([title, fields]) =>
    invalid(`${title} is refused`, hashPath, fields, "password", textRule(1024)),
  ),
  ...verified.map(([title, password, hash, valid]) => ({
    title,
    ...post(verifyPath, { password, hash }),
    ...ok({ valid }),
  })),
  ...refusedHashes.map(([title, hash]) =>
    invalid(`a hash ${title} is refused`, verifyPath, { password: "x", hash }, "hash", hashRule),
  ),
  invalid("a password is looked at before a hash", verifyPath, { hash: 1 }, "password", textRule(1024)),
];
