/** The images of this repository: those that ship, and those that tests and the demo run beside them. */
import { join } from "node:path";
import { buildEdge } from "../../edge/build.ts";
import { envoyBinary } from "../../test/cluster/tools/envoy.ts";
import { filesBelow } from "../oci-archive.ts";
import { binaryImage, type ImageContent, type ImageDefinition, nodeImage, repository } from "./base.ts";

const megabyte = 1_000_000;

export type ShippedImage = "operator" | "edge" | "gateway";
export type ImageName = ShippedImage | "auth-container" | "prober";

export const shippedImages: readonly ShippedImage[] = ["operator", "edge", "gateway"];

export const definitions: Readonly<Record<ImageName, ImageDefinition>> = {
  operator: {
    limit: 150 * megabyte,
    content: () => nodeImage("operator/main.ts", "/app/operator.mjs", ["run"]),
  },
  edge: { limit: 200 * megabyte, content: edgeContent },
  gateway: { content: async () => binaryImage(await envoyBinary(), "/usr/local/bin/envoy") },
  "auth-container": { content: () => nodeImage("wasm-modules/auth-container/server.ts", "/app/auth.mjs") },
  prober: { content: () => nodeImage("test/e2e/prober/main.ts", "/app/prober.mjs") },
};

const edgeFolder = "/etc/ebb/edge";

async function edgeContent(work: string): Promise<ImageContent> {
  const workerd = join(repository, "node_modules/@cloudflare/workerd-linux-64/bin/workerd");
  const image = await binaryImage(workerd, "/usr/local/bin/workerd");
  await buildEdge(work);
  return {
    ...image,
    files: [...image.files, ...(await filesBelow(work, edgeFolder))],
    // Loading workers at run time is what workerd calls experimental.
    entrypoint: [...image.entrypoint, "serve", "--experimental", `${edgeFolder}/config.capnp`],
  };
}

export function isImageName(name: string): name is ImageName {
  return Object.hasOwn(definitions, name);
}
