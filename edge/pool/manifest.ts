/** The manifest that the operator pushes: every function and version that this pool serves. */
import type { EgressRule } from "./egress.ts";

export type Abi = "WasiCommand" | "WasiHttp" | "Worker";
const abis: readonly unknown[] = ["WasiCommand", "WasiHttp", "Worker"] satisfies Abi[];

export interface VersionEntry {
  readonly abi: Abi;
  /** `sha256:` and 64 hex digits, of the artifact. */
  readonly digest: string;
  readonly env: Readonly<Record<string, string>>;
  /** Names of the variables that come from Secrets, each with the revision of its value. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Nothing unless given. */
  readonly egress?: readonly EgressRule[];
  /** Within which the version must begin to answer; any time unless given. */
  readonly requestTimeoutMs?: number;
}

/** Values of the variables that versions name in secrets, by `<key>/<version>` and name. */
export type SecretEnvs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What is pushed, and what is kept on the disk. */
export interface Push {
  readonly manifest: Manifest;
  /** Not complete: a version that is here already keeps what it has. */
  readonly secrets: SecretEnvs;
}

/** functions[key][version]; complete: what it does not name goes away. */
export interface Manifest {
  readonly functions: Readonly<Record<string, Readonly<Record<string, VersionEntry>>>>;
}

/** Versions by `<key>/<version>`, the value of the request header that names them. */
export function namedVersions(manifest: Manifest): Map<string, VersionEntry> {
  const named = new Map<string, VersionEntry>();
  for (const [key, versions] of Object.entries(manifest.functions)) {
    for (const [version, entry] of Object.entries(versions)) named.set(`${key}/${version}`, entry);
  }
  return named;
}

/**
 * Hex sha256 of the canonical JSON (keys sorted, no spaces): equal manifests have equal digests. No value from a Secret
 * is in it, so that it may be told.
 */
export function manifestDigest(manifest: Manifest): Promise<string> {
  return sha256(new TextEncoder().encode(canonicalJson(manifest)));
}

export async function sha256(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** undefined when value is no manifest; secrets are beside functions. */
export function parsePush(value: unknown): Push | undefined {
  if (!isRecord(value) || !isRecord(value["functions"])) return undefined;
  const { functions, secrets = {} } = value;
  const areFunctions = Object.entries(functions as object).every(
    ([key, versions]) => isName(key) && isRecord(versions) && areVersions(versions),
  );
  if (!areFunctions || !isRecord(secrets) || !Object.values(secrets).every(areStrings)) return undefined;
  const manifest = { functions: functions as Manifest["functions"] };
  return { manifest, secrets: secrets as SecretEnvs };
}

function areVersions(versions: Record<string, unknown>): boolean {
  return Object.entries(versions).every(([version, entry]) => isName(version) && isEntry(entry));
}

function isEntry(value: unknown): value is VersionEntry {
  if (!isRecord(value)) return false;
  const { abi, digest, env, secrets = {}, egress = [], requestTimeoutMs = 1 } = value;
  if (!abis.includes(abi) || !areStrings(env) || !areStrings(secrets) || !areRules(egress)) return false;
  if (typeof requestTimeoutMs !== "number" || !(requestTimeoutMs > 0)) return false;
  return typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest);
}

function areRules(value: unknown): value is readonly EgressRule[] {
  return Array.isArray(value) && value.every(isRule);
}

function isRule(value: unknown): value is EgressRule {
  return isRecord(value) && typeof value["host"] === "string" && typeof value["port"] === "number";
}

function areStrings(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((item) => typeof item === "string");
}

function isName(value: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(",")}}`;
}
