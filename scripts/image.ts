/** `npm run image [NAME...]`: writes OCI archives of the images into dist/images, with no container engine. */
import { join } from "node:path";
import { repository } from "./images/base.ts";
import { buildImage } from "./images/build.ts";
import { definitions, isImageName, shippedImages } from "./images/definitions.ts";

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !isImageName(name));
if (unknown !== undefined) {
  console.error(`There is no image "${unknown}": ${Object.keys(definitions).join(", ")}`);
  process.exit(2);
}
for (const name of asked.length === 0 ? shippedImages : asked.filter(isImageName)) {
  const {
    name: reference,
    unpackedBytes,
    rebuilt,
    digest,
  } = await buildImage(name, definitions[name], join(repository, "dist/images"));
  const size = `${(unpackedBytes / 1_000_000).toFixed(1)} MB`;
  console.log(
    `${rebuilt ? "built" : "up to date"}  dist/images/${name}.tar  ${size} unpacked  ${reference}  ${digest}`,
  );
}
