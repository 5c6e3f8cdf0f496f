import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { expect, it } from "vitest";
import { createSigner } from "../../../../test/kit/signatures.ts";
import { hasSigned, parsePublicKeys } from "./public-keys.ts";

const pem = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

it("reads all keys of a text, whatever stands between them", () => {
  const signers = [createSigner(), createSigner("rsa")];
  const keys = parsePublicKeys(`new:\r\n${signers.map(({ publicKey }) => publicKey).join("former:\n")}`);
  const bytes = Buffer.from("bytes");
  expect(keys.map((key, index) => hasSigned(key, bytes, signers[index]?.sign(bytes) ?? bytes))).toEqual([
    true,
    true,
  ]);
  expect(new Set(keys.map(({ fingerprint }) => fingerprint)).size).toBe(2);
});

it("takes nothing for a signature that is none", () => {
  const [key] = parsePublicKeys(createSigner().publicKey);
  if (key === undefined) throw new Error("there is one key");
  for (const signature of ["", "0", "0".repeat(71), "\x30\x06\x02\x01\x00\x02\x01\x00"])
    expect(hasSigned(key, Buffer.from("bytes"), Buffer.from(signature, "latin1"))).toBe(false);
});

it.each<[string, string, string]>([
  ["no PEM", "word", "holds no PEM block; it must have one that begins with -----BEGIN PUBLIC KEY-----"],
  [
    "a private key",
    privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    'holds a PEM block "PRIVATE KEY"; only PUBLIC KEY is allowed',
  ],
  [
    "another curve",
    pem(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey),
    "holds an ECDSA key of secp384r1; allowed are ECDSA keys of P-256",
  ],
  [
    "another kind",
    pem(generateKeyPairSync("ed25519").publicKey),
    "holds a key of the kind ed25519; allowed are ECDSA keys of P-256",
  ],
  [
    "a short key",
    pem(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey),
    "holds an RSA key of 1024 bits; allowed are",
  ],
  [
    "a key that is cut",
    "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n",
    "holds a PEM block that is no public key",
  ],
])("refuses %s", (_what, text, message) => {
  expect(() => parsePublicKeys(text)).toThrow(message);
});
