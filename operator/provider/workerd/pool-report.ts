/** What a pod of the pool says of the manifest that it holds. */
import type { SecretEnvs } from "./manifest.ts";

/** Reason of a version whose load has ended the pod's process twice. */
export const loadCrashed = "LoadCrashed";
/** Reason of a version that was running at two ends of the pod's process. */
export const functionStalled = "FunctionStalled";
/** Reason of a version whose bytes the pod does not have any more. */
export const artifactLost = "ArtifactLost";
/** Reason of a version whose values from Secrets the pod does not have. */
export const secretsLost = "SecretsLost";

export type LoadState =
  | { readonly loaded: true }
  | { readonly loaded: false; readonly reason: string; readonly message: string };

export interface PoolReport {
  /** Of the manifest that the pod holds; empty before the first. */
  readonly digest: string;
  /** By `<function key>/<version>`. */
  readonly versions: ReadonlyMap<string, LoadState>;
  /** How often versions have failed to answer since the process started, of those that have. */
  readonly traps: ReadonlyMap<string, number>;
}

/** How a version failed the last time; a text for a person, which the module may have written. */
export interface Trap {
  readonly count: number;
  readonly ageMs: number;
  readonly message: string;
  readonly stderr: string;
}

/** Whether nothing has to be pushed to a pod with this report; secrets are the values that could be. */
export function holds(report: PoolReport, digest: string, secrets: SecretEnvs): boolean {
  const lost = Array.from(report.versions).some(
    ([name, state]) =>
      !state.loaded &&
      (state.reason === artifactLost || (state.reason === secretsLost && secrets[name] !== undefined)),
  );
  return report.digest === digest && !lost;
}

/** Throws TypeError for anything else. */
export function parsePoolReport(value: unknown): PoolReport {
  const { digest, versions, traps = {} } = record(value, "report");
  if (typeof digest !== "string") throw new TypeError("the pool's report has no digest");
  const states = Object.entries(record(versions, "versions"));
  const counts = Object.entries(record(traps, "traps"));
  return {
    digest,
    versions: new Map(states.map(([name, state]) => [name, parseLoadState(state)])),
    traps: new Map(counts.map(([name, count]) => [name, Number(count)])),
  };
}

/** Throws TypeError for anything else. */
export function parseTrap(value: unknown): Trap {
  const { count, ageMs, message, stderr } = record(value, "trap");
  return { count: Number(count), ageMs: Number(ageMs), message: String(message), stderr: String(stderr) };
}

/** Artifact digests that a pod lacks. */
export function parseMissing(value: unknown): string[] {
  const { missing } = record(value, "answer");
  if (!Array.isArray(missing)) throw new TypeError("the pool's answer does not list what is missing");
  return missing.map(String);
}

function parseLoadState(value: unknown): LoadState {
  const { loaded, reason, message } = record(value, "load state");
  return loaded === true ? { loaded } : { loaded: false, reason: String(reason), message: String(message) };
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new TypeError(`the pool's ${what} is no object`);
  return value as Record<string, unknown>;
}
