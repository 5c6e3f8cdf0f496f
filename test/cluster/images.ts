/** The two images that the cluster itself runs, as OCI archives. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { cached } from "../../scripts/cache.ts";
import { writeOciArchive } from "../../scripts/oci-archive.ts";
import { corednsBinaries } from "./binaries.ts";
import { run } from "./run.ts";

/** An image's name and its archive. */
export interface Image {
  readonly name: string;
  readonly archive: string;
}

const nobody = "65532:65532";

/** The image that holds each pod's namespaces. */
export async function pauseImage(): Promise<Image> {
  const source = join(import.meta.dirname, "images", "pause.c");
  return imageOf("pause", await readFile(source), async (dir) => {
    await run("gcc", ["-static", "-Os", "-s", "-o", join(dir, "pause"), source]);
    return join(dir, "pause");
  });
}

/** The image of the cluster's name server. */
export async function corednsImage(): Promise<Image> {
  const binaries = await corednsBinaries();
  return imageOf("coredns", basename(binaries), async () => join(binaries, "coredns"));
}

/** An image of one static program, named after the hash of `input`, that runs as nobody. */
async function imageOf(
  program: string,
  input: string | Buffer,
  build: (dir: string) => Promise<string>,
): Promise<Image> {
  const name = `ebb.local/${program}:${createHash("sha256").update(input).digest("hex").slice(0, 12)}`;
  const dir = await cached(`image-${program}`, [input], async (dir) => {
    const from = await build(dir);
    const path = `/${program}`;
    await writeOciArchive({
      name,
      files: [{ path, from }],
      entrypoint: [path],
      user: nobody,
      out: join(dir, "image.tar"),
    });
  });
  return { name, archive: join(dir, "image.tar") };
}
