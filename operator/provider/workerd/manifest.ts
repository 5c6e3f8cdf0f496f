/** The manifest that is pushed to the pods of a pool: every function and version that they serve. */
import { createHash } from "node:crypto";
import type { Artifact } from "../provider.ts";
import { canonicalJson, entryOf, type VersionEntry, versionName } from "../version-entry.ts";

/** Values of the variables that versions name in secrets, by `<key>/<version>` and name. */
export type SecretEnvs = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type Versions = Readonly<Record<string, VersionEntry>>;

/** functions[key][version]; complete: pods let go of what it does not name. */
export interface Manifest {
  readonly functions: Readonly<Record<string, Versions>>;
}

/** Follows from all that the version runs with. */
export function versionOf(artifact: Artifact): string {
  return versionName(entryOf(artifact));
}

/** Hex sha256 of the canonical JSON, as the pods compute it. */
export function manifestDigest(manifest: Manifest): string {
  return sha256(canonicalJson(manifest));
}

/** `<function key>/<version>` of all. */
export function namesOf(manifest: Manifest): string[] {
  return Object.entries(manifest.functions).flatMap(([key, versions]) =>
    Object.keys(versions).map((version) => `${key}/${version}`),
  );
}

/** The same of those that need values from Secrets. */
export function namesWithSecrets({ functions }: Manifest): string[] {
  return Object.entries(functions).flatMap(([key, versions]) =>
    Object.entries(versions).flatMap(([version, { secrets }]) =>
      secrets === undefined ? [] : [`${key}/${version}`],
    ),
  );
}

/** Ports that some version may reach somewhere, each once, in order. */
export function egressPortsOf({ functions }: Manifest): number[] {
  const entries = Object.values(functions).flatMap((versions) => Object.values(versions));
  const found = new Set(entries.flatMap(({ egress = [] }) => egress.map(({ port }) => port)));
  return [...found].toSorted((left, right) => left - right);
}

/** manifest without those named. */
export function withoutVersions(manifest: Manifest, names: ReadonlySet<string>): Manifest {
  return filtered(manifest, (name) => !names.has(name));
}

/** manifest without the versions whose artifact is one of digests. */
export function withoutArtifacts(manifest: Manifest, digests: ReadonlySet<string>): Manifest {
  return filtered(manifest, (_name, entry) => !digests.has(entry.digest));
}

function filtered(manifest: Manifest, keep: (name: string, entry: VersionEntry) => boolean): Manifest {
  const functions = Object.entries(manifest.functions).map(([key, versions]) => {
    const kept = Object.entries(versions).filter(([version, entry]) => keep(`${key}/${version}`, entry));
    return [key, Object.fromEntries(kept)] as const;
  });
  return { functions: Object.fromEntries(functions) };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
