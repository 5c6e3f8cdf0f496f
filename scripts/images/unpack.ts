/** Writes what an image holds into a folder, where the Dockerfile takes it from. */
import { chmod, lutimes, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ImageFile, layerEntries } from "../oci-archive.ts";

/**
 * Writes the files to the new folder `folder` as if that were the image's root.
 * Guarantees: the same paths, modes, times and bytes as the layer of the archive that these files make.
 * Errors: a folder that is there already, and those of `writeOciArchive`.
 */
export async function unpackFiles(files: readonly ImageFile[], folder: string): Promise<void> {
  await mkdir(folder);
  const entries = await layerEntries({ files });
  for (const entry of entries) {
    const path = join(folder, entry.path);
    if (entry.type === "link") await symlink(entry.target, path);
    else {
      if (entry.type === "directory") await mkdir(path);
      else await writeFile(path, entry.data);
      await chmod(path, entry.mode); // whatever the umask is
    }
  }
  // Last, because writing into a folder makes it new.
  for (const { path } of entries) await lutimes(join(folder, path), 0, 0);
}
