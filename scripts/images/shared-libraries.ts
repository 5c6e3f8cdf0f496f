/** The libraries that a binary of this machine needs, so that it runs in an image that holds nothing else. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ImageFile } from "../oci-archive.ts";

/**
 * The loader and every shared library that `binary` is linked to, at the paths where the loader looks for them.
 * Errors: a library that this machine does not have.
 */
export async function sharedLibraries(binary: string): Promise<ImageFile[]> {
  const { stdout } = await promisify(execFile)("ldd", [binary], { env: { ...process.env, LC_ALL: "C" } });
  return librariesOf(stdout).map((path) => ({ path, from: path }));
}

/** The paths in what ldd prints, without the kernel's own vdso. */
export function librariesOf(ldd: string): string[] {
  const missing = /^\s*(\S+) => not found/m.exec(ldd);
  if (missing) throw new Error(`this machine does not have ${missing[1]}`);
  return [...ldd.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path]) => path ?? "").toSorted();
}
