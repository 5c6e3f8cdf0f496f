/** The manifest that is pushed to the pods of a pool: every function and version that they serve. */
import { createHash } from "node:crypto";
import type { Abi, Artifact, EgressRule } from "../provider.ts";

export interface VersionEntry {
  readonly abi: Abi;
  /** `sha256:` and 64 hex digits, of the artifact's bytes. */
  readonly digest: string;
  readonly env: Readonly<Record<string, string>>;
  /** Revisions of the variables that come from Secrets; their values are never part of a manifest. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Nothing unless given. */
  readonly egress?: readonly EgressRule[];
  /** Within which the version must begin to answer; any time unless given. */
  readonly requestTimeoutMs?: number;
}

/** Values of the variables that versions name in secrets, by `<key>/<version>` and name. */
export type SecretEnvs = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type Versions = Readonly<Record<string, VersionEntry>>;

/** functions[key][version]; complete: pods let go of what it does not name. */
export interface Manifest {
  readonly functions: Readonly<Record<string, Versions>>;
}

/** Follows from all that the version runs with. */
export function versionOf(artifact: Artifact): string {
  return `v-${sha256(canonicalJson(entryOf(artifact))).slice(0, 16)}`;
}

/** What is not set is left out, so that a version keeps its name when there is more that could be set. */
export function entryOf(artifact: Artifact): VersionEntry {
  const { abi, digest, env, secretEnv = {}, egress = [], requestTimeout } = artifact;
  const secrets = Object.entries(secretEnv).map(([name, { revision }]) => [name, revision] as const);
  return {
    abi,
    digest,
    env,
    ...(secrets.length === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
    ...(egress.length === 0 ? {} : { egress: egress.toSorted(byHostAndPort) }),
    ...(requestTimeout === undefined ? {} : { requestTimeoutMs: requestTimeout }),
  };
}

/** Their order means nothing. */
function byHostAndPort(left: EgressRule, right: EgressRule): number {
  return left.host === right.host ? left.port - right.port : left.host < right.host ? -1 : 1;
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

/** JSON with sorted keys and no spaces. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
