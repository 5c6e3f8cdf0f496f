/** The Dockerfile's BUILDER without a registry: the few programs of this Debian that the build runs. */
import { nodeBinary } from "../../scripts/images/base.ts";
import { sharedLibraries } from "../../scripts/images/shared-libraries.ts";
import { type ImageFile, writeOciArchive } from "../../scripts/oci-archive.ts";

/** What ldd, a script, needs. */
const programs = ["/bin/bash", "/bin/cat"];

/** Writes the OCI archive of the image `name` to `out`. It needs this repository's node_modules mounted at /src. */
export async function writeBuilder(name: string, out: string): Promise<void> {
  const libraries = await Promise.all([nodeBinary, ...programs].map(sharedLibraries));
  const paths = new Set(["/usr/bin/ldd", ...programs, ...libraries.flat().map(({ path }) => path)]);
  const files: ImageFile[] = [...paths].map((path) => ({ path, from: path }));
  files.push({ path: "/usr/bin/node", from: nodeBinary }, { path: "/tmp", directory: true, mode: 0o1777 });
  await writeOciArchive({ name, files, entrypoint: ["/bin/bash"], out });
}
