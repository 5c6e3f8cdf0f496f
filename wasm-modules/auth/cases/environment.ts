/** The environments that the auth service's cases are written for; no key is a secret. */

/** HS256 only. */
export const authEnv = { AUTH_KEY: "an example key of 32 bytes or more", AUTH_ISSUER: "example" };

/** Private keys of RFC 8032 section 7.1, tests 1 and 2; the first is also RFC 8037's example. */
export const seeds = [
  "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
  "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
] as const;

/** Ed25519 signs, HS256 is still checked: half way from one to the other. */
export const ed25519Env = {
  ...authEnv,
  AUTH_ALGORITHM: "EdDSA",
  AUTH_ED25519_KEYS: seeds.map(toPem).join(""),
};

/** Ed25519 and nothing else, with the second key alone. */
export const ed25519OnlyEnv = {
  AUTH_ISSUER: "example",
  AUTH_ALGORITHM: "EdDSA",
  AUTH_ED25519_KEYS: toPem(seeds[1]),
};

/** As `openssl genpkey -algorithm ed25519` prints it. */
export function toPem(seed: string): string {
  const der = Buffer.from(`302e020100300506032b657004220420${seed}`, "hex");
  return `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`;
}
