/** What a version runs with, from which its name follows. */
import { createHash } from "node:crypto";
import type { Abi, Artifact, EgressRule } from "./provider.ts";

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

/** A version's name, which follows from all that it runs with. */
export function versionName(content: object): string {
  return `v-${createHash("sha256").update(canonicalJson(content)).digest("hex").slice(0, 16)}`;
}

/** Their order means nothing. */
function byHostAndPort(left: EgressRule, right: EgressRule): number {
  return left.host === right.host ? left.port - right.port : left.host < right.host ? -1 : 1;
}

/** JSON with sorted keys and no spaces. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
