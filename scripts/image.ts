/**
 * `npm run image [NAME...]`: writes OCI archives of the images into dist/images, with no container engine.
 * `--unpacked FOLDER` writes what they hold to FOLDER/NAME instead: the Dockerfile does this.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { repository } from "./images/base.ts";
import { buildImage } from "./images/build.ts";
import { definitions, type ImageName, isImageName, shippedImages } from "./images/definitions.ts";
import { unpackFiles } from "./images/unpack.ts";

const { values, positionals: asked } = parseArgs({
  options: { unpacked: { type: "string" } },
  allowPositionals: true,
});
const unknown = asked.find((name) => !isImageName(name));
if (unknown !== undefined) {
  console.error(`There is no image "${unknown}": ${Object.keys(definitions).join(", ")}`);
  process.exit(2);
}
for (const name of asked.length === 0 ? shippedImages : asked.filter(isImageName)) {
  if (values.unpacked === undefined) await archive(name);
  else await unpack(name, values.unpacked);
}

async function archive(name: ImageName): Promise<void> {
  const built = await buildImage(name, definitions[name], join(repository, "dist/images"));
  const size = `${(built.unpackedBytes / 1_000_000).toFixed(1)} MB`;
  console.log(
    `${built.rebuilt ? "built" : "up to date"}  dist/images/${name}.tar  ${size} unpacked  ${built.name}  ${built.digest}`,
  );
}

async function unpack(name: ImageName, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), `ebb-image-${name}-`));
  try {
    const { files } = await definitions[name].content(work);
    await unpackFiles(files, join(folder, name));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
