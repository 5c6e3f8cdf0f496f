/** The manifest that the operator pushes: every function and version that this pool serves. */

export interface VersionEntry {
  readonly abi: "WasiCommand" | "Worker";
  /** `sha256:` and 64 hex digits, of the artifact. */
  readonly digest: string;
  readonly env: Readonly<Record<string, string>>;
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

/** Hex sha256 of the canonical JSON (keys sorted, no spaces): equal manifests have equal digests. */
export function manifestDigest(manifest: Manifest): Promise<string> {
  return sha256(new TextEncoder().encode(canonicalJson(manifest)));
}

export async function sha256(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** undefined when value is no manifest. */
export function parseManifest(value: unknown): Manifest | undefined {
  if (!isRecord(value) || !isRecord(value["functions"])) return undefined;
  const functions = Object.entries(value["functions"]);
  const valid = functions.every(
    ([key, versions]) => isName(key) && isRecord(versions) && areVersions(versions),
  );
  return valid ? { functions: value["functions"] as Manifest["functions"] } : undefined;
}

function areVersions(versions: Record<string, unknown>): boolean {
  return Object.entries(versions).every(([version, entry]) => isName(version) && isEntry(entry));
}

function isEntry(value: unknown): value is VersionEntry {
  if (!isRecord(value) || !isRecord(value["env"])) return false;
  const { abi, digest, env } = value;
  const known = abi === "WasiCommand" || abi === "Worker";
  const strings = Object.values(env as object).every((item) => typeof item === "string");
  return known && strings && typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest);
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
