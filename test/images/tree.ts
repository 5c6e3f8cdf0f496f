/** What a folder holds, in lines that can be compared. */
import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/** `mode owner:group path kind` of everything below the folder, files with the SHA-256 of their bytes, sorted by path. */
export async function treeOf(folder: string): Promise<string[]> {
  const paths = (await readdir(folder, { recursive: true })).toSorted();
  return Promise.all(paths.map((path) => describe(folder, path)));
}

async function describe(folder: string, path: string): Promise<string> {
  const full = join(folder, path);
  const info = await lstat(full);
  const owner = `${(info.mode & 0o7777).toString(8)} ${info.uid}:${info.gid} /${path}`;
  if (info.isSymbolicLink()) return `${owner} -> ${await readlink(full)}`;
  if (info.isDirectory()) return `${owner} directory`;
  return `${owner} ${createHash("sha256")
    .update(await readFile(full))
    .digest("hex")}`;
}
