/** One account, as its scripts and its limits. */
import type { Runtime } from "./runtime.ts";
import type { Script } from "./script.ts";
import { Refused, type Version } from "./version.ts";

export interface Account {
  readonly id: string;
  readonly subdomain: string;
  readonly scripts: Map<string, Script>;
  /** Of all scripts, and of those that are gone. */
  readonly versions: Map<string, Version>;
  readonly limits: { bytes: number; scripts: number };
  runtime(): Runtime;
  /** By the clock of Cloudflare's edge. */
  now(): number;
  /** When what changes now is seen by requests, milliseconds since the epoch. */
  settled(): number;
  /** Of an API path, what is below the account. Errors: Refused for another account. */
  pathOf(path: string): string;
}

export function createAccount(
  id: string,
  subdomain: string,
  runtime: () => Runtime,
  times: { readonly now: () => number; readonly settleMs: () => number },
): Account {
  const prefix = `/client/v4/accounts/${id}`;
  return {
    id,
    subdomain,
    scripts: new Map(),
    versions: new Map(),
    limits: { bytes: 64 * 1024 * 1024, scripts: 500 },
    runtime,
    now: times.now,
    settled: () => times.now() + times.settleMs(),
    pathOf: (path) => {
      if (path.startsWith(`${prefix}/`)) return path.slice(prefix.length);
      throw new Refused(403, 9109, "Unauthorized to access requested resource");
    },
  };
}
