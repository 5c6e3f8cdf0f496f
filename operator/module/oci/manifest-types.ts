/** The kinds of manifest that registries are asked for. */

export const indexType = "application/vnd.oci.image.index.v1+json";

/** As the header Accept has them. */
export const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  indexType,
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");

/** Bytes. */
export const maxManifestSize = 4 * 1024 * 1024;
