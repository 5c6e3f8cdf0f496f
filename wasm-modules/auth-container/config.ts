/** What the environment sets, read and checked once at start. */
import { type Ed25519Key, parseKeys } from "./ed25519.ts";
import { decimal } from "./fields.ts";
import { type Cost, DEFAULT_COST, isAllowed } from "./passwords.ts";
import type { Algorithm, Keys } from "./signatures.ts";

/** The checked settings of the service; `drain` is in milliseconds, `server.ts` says what its parts mean. */
export type Config = {
  keys: Keys;
  issuer: string;
  cost: Cost;
  servedBy: string | undefined;
  port: number;
  drain: { quiet: number; limit: number };
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads `env`; throws an Error that names the variable and never shows its value. */
export function readConfig(env: Environment): Config {
  const keys = readKeys(env);
  const issuer = env["AUTH_ISSUER"] ?? "auth";
  const issuerBytes = Buffer.byteLength(issuer);
  require(issuerBytes >= 1 && issuerBytes <= 256, "AUTH_ISSUER", "must have 1 to 256 bytes");
  const servedBy = env["SERVED_BY"];
  const servedByHolds = servedBy === undefined || /^[A-Za-z0-9._-]{1,64}$/.test(servedBy);
  require(servedByHolds, "SERVED_BY", "must be 1 to 64 letters, digits or . _ -");
  const cost = {
    memoryKib: number(env, "AUTH_ARGON2_MEMORY_KIB", DEFAULT_COST.memoryKib),
    passes: number(env, "AUTH_ARGON2_PASSES", DEFAULT_COST.passes),
    parallelism: DEFAULT_COST.parallelism,
  };
  const costRule = "must be 8 to 65536, and at most 262144 when multiplied by AUTH_ARGON2_PASSES";
  require(isAllowed(cost), "AUTH_ARGON2_MEMORY_KIB", costRule);
  const port = number(env, "PORT", 8080);
  require(port <= 65_535, "PORT", "must be at most 65535");
  const drain = {
    quiet: number(env, "AUTH_DRAIN_QUIET_MS", 5_000),
    limit: number(env, "AUTH_DRAIN_LIMIT_MS", 25_000),
  };
  return { keys, issuer, cost, servedBy, port, drain };
}

function readKeys(env: Environment): Keys {
  const algorithm = readAlgorithm(env);
  const secret = readSecret(env, algorithm === "HS256");
  return { algorithm, secret, ed25519: readEd25519(env, algorithm === "EdDSA") };
}

function readAlgorithm(env: Environment): Algorithm {
  const name = env["AUTH_ALGORITHM"] ?? "HS256";
  require(name === "HS256" || name === "EdDSA", "AUTH_ALGORITHM", "must be HS256 or EdDSA");
  return name;
}

function readSecret(env: Environment, needed: boolean): Buffer | undefined {
  if (env["AUTH_KEY"] === undefined && !needed) return undefined;
  const secret = Buffer.from(env["AUTH_KEY"] ?? "");
  require(secret.length >= 32, "AUTH_KEY", "must be set to 32 bytes or more");
  return secret;
}

function readEd25519(env: Environment, needed: boolean): Ed25519Key[] {
  const pem = env["AUTH_ED25519_KEYS"];
  if (pem === undefined && !needed) return [];
  const keys = parseKeys(pem ?? "");
  require(keys !==
    undefined, "AUTH_ED25519_KEYS", "must be 1 to 4 Ed25519 private keys, each in PKCS #8 PEM");
  return keys;
}

function number(env: Environment, name: string, initial: number): number {
  const text = env[name];
  if (text === undefined) return initial;
  const value = decimal(text);
  require(value !== undefined, name, "must be a whole number without leading zeros");
  return value;
}

function require(holds: boolean, name: string, rule: string): asserts holds {
  if (!holds) throw new Error(`${name} ${rule}`);
}
