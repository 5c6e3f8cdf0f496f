/** Things that take long to make, kept in the user's cache folder under the hash of what they are made from. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { withLock } from "./lock.ts";

/** Ebb's folder for what can be made again: EBB_CACHE_DIR, else the user's cache folder. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return env["EBB_CACHE_DIR"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "ebb");
}

/** The folder that holds the result of `build` for these inputs, built or not. */
export function cachePath(name: string, inputs: readonly (string | Buffer)[], root = cacheRoot()): string {
  const hash = createHash("sha256");
  // The length goes in as well: ["ab", "c"] is not ["a", "bc"].
  for (const input of inputs) hash.update(`${Buffer.byteLength(input)}\n`).update(input);
  return join(root, `${name}-${hash.digest("hex").slice(0, 16)}`);
}

/**
 * Gives the folder made by `build` from `inputs`: what was made before, else what `build` writes into the empty
 * folder it is given. The folder appears whole or not at all; two callers, also in two processes, build once.
 * Progress goes to stderr while it builds.
 */
export async function cached(
  name: string,
  inputs: readonly (string | Buffer)[],
  build: (dir: string) => Promise<void>,
  root = cacheRoot(),
): Promise<string> {
  const path = cachePath(name, inputs, root);
  if (existsSync(path)) return path;
  return withLock(`${path}.lock`, async () => {
    if (existsSync(path)) return path; // the other caller was first
    const dir = `${path}.building`; // one name, so that a build that was killed is cleaned up by the next
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir);
    await reportProgress(name, () => build(dir));
    await rename(dir, path);
    return path;
  });
}

async function reportProgress(name: string, build: () => Promise<void>): Promise<void> {
  const started = performance.now();
  const seconds = (): string => `${Math.round((performance.now() - started) / 1000)} s`;
  process.stderr.write(`${name}: building, once for this version\n`);
  const timer = setInterval(() => process.stderr.write(`${name}: still building, ${seconds()}\n`), 20_000);
  try {
    await build();
    process.stderr.write(`${name}: built in ${seconds()}\n`);
  } finally {
    clearInterval(timer);
  }
}
