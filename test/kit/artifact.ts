/** OCI artifacts in memory, in the layouts that tools push. */
import { createHash } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { packTar } from "modern-tar";

export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly bytes: Uint8Array;
}

export interface TestArtifact {
  readonly mediaType: string;
  readonly digest: string;
  /** The manifest. */
  readonly bytes: Uint8Array;
  readonly blobs: readonly Blob[];
  /** Of an index. */
  readonly manifests?: readonly TestArtifact[];
}

const ociManifest = "application/vnd.oci.image.manifest.v1+json";
const ociIndex = "application/vnd.oci.image.index.v1+json";
const imageConfig = "application/vnd.oci.image.config.v1+json";
const spinConfig = "application/vnd.fermyon.spin.application.v1+config";

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

export function blob(mediaType: string, content: Uint8Array | string): Blob {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes };
}

export function artifact(config: Blob, layers: readonly Blob[], mediaType = ociManifest): TestArtifact {
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: descriptor(config),
    layers: layers.map((layer) => descriptor(layer)),
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return { mediaType, digest: digestOf(bytes), bytes, blobs: [config, ...layers] };
}

export function index(
  entries: readonly { readonly artifact: TestArtifact; readonly architecture: string }[],
): TestArtifact {
  const manifests = entries.map(({ artifact: { mediaType, digest, bytes }, architecture }) => ({
    mediaType,
    digest,
    size: bytes.length,
    platform: { architecture, os: architecture === "unknown" ? "unknown" : "wasip1" },
  }));
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }));
  return {
    mediaType: ociIndex,
    digest: digestOf(bytes),
    bytes,
    blobs: [],
    manifests: entries.map((entry) => entry.artifact),
  };
}

/** As the tools that people have lay a module out. */
export const layouts = {
  cncf: (module: Uint8Array | string) =>
    artifact(blob("application/vnd.wasm.config.v0+json", '{"architecture":"wasm","os":"wasip1"}'), [
      blob("application/wasm", module),
    ]),
  wasmToOci: (module: Uint8Array | string) =>
    artifact(blob("application/vnd.wasm.config.v1+json", "{}"), [
      blob("application/vnd.wasm.content.layer.v1+wasm", module),
    ]),
  oras: (module: Uint8Array | string) =>
    artifact(blob("application/vnd.oci.empty.v1+json", "{}"), [blob("application/wasm", module)]),
  script: (module: string) =>
    artifact(blob("application/vnd.oci.empty.v1+json", "{}"), [blob("text/javascript", module)]),
  spin: (module: Uint8Array | string) =>
    artifact(blob(imageConfig, "{}"), [
      blob("application/vnd.wasm.content.layer.v1+wasm", module),
      blob(spinConfig, '{"spin_lock_version":1}'),
    ]),
  olderSpin: (module: Uint8Array | string) =>
    artifact(blob(spinConfig, '{"spin_lock_version":0}'), [
      blob("application/vnd.wasm.content.layer.v1+wasm", module),
    ]),
} as const;

export type Compression = "none" | "gzip" | "zstd";

/** An image whose only layer has these files. */
export async function image(
  files: Readonly<Record<string, Uint8Array | string>>,
  compression: Compression = "gzip",
): Promise<TestArtifact> {
  const tar = await packTar(
    Object.entries(files).map(([name, content]) => {
      const body = Buffer.from(content);
      return { header: { name, size: body.length, type: "file" as const }, body };
    }),
  );
  const type = "application/vnd.oci.image.layer.v1.tar";
  const layer = {
    none: () => blob(type, tar),
    gzip: () => blob(`${type}+gzip`, gzipSync(tar)),
    zstd: () => blob(`${type}+zstd`, zstdCompressSync(tar)),
  }[compression]();
  return artifact(blob(imageConfig, '{"architecture":"wasm","os":"wasi"}'), [layer]);
}

export function descriptor({ mediaType, digest, size }: Blob): Omit<Blob, "bytes"> {
  return { mediaType, digest, size };
}
