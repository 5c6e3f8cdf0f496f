/** Which part of an artifact is the module: the layouts in which registries hold WebAssembly. */
import { SourceRefused } from "../source-error.ts";
import { workerBundleType } from "../../api/worker-bundle.ts";
import { objectOf, parseJson } from "./json.ts";

/** What a manifest says of something that it names. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** How the module is in its layer: as it is, or as a file of an image's file system. */
export type Packing = "Plain" | "Tar" | "TarGzip" | "TarZstd";

export interface ModuleLayer extends Descriptor {
  readonly packing: Packing;
}

export type Manifest =
  /** Of several platforms: the manifest of one of them is to be read instead. */
  | { readonly kind: "Index"; readonly chosen: Descriptor }
  | { readonly kind: "Artifact"; readonly layer: ModuleLayer };

const spinApplication = "application/vnd.fermyon.spin.application.v1+config";
const wasmTypes: ReadonlySet<string> = new Set([
  "application/wasm", // CNCF Wasm OCI artifact
  "application/vnd.wasm.content.layer.v1+wasm", // wasm-to-oci, Spin
  "application/vnd.module.wasm.content.layer.v1+wasm", // wasmCloud
]);
const scriptTypes: ReadonlySet<string> = new Set([
  "text/javascript",
  "application/javascript",
  workerBundleType,
]);
const imageTypes: ReadonlyMap<string, Packing> = new Map([
  ["application/vnd.oci.image.layer.v1.tar", "Tar"],
  ["application/vnd.oci.image.layer.v1.tar+gzip", "TarGzip"],
  ["application/vnd.oci.image.layer.v1.tar+zstd", "TarZstd"],
  ["application/vnd.docker.image.rootfs.diff.tar", "Tar"],
  ["application/vnd.docker.image.rootfs.diff.tar.gzip", "TarGzip"],
]);

/** title names the artifact, for messages. Errors: SourceRefused with LayoutUnsupported. */
export function readManifest(bytes: Uint8Array, title: string): Manifest {
  const refuse = (found: string): SourceRefused =>
    new SourceRefused("LayoutUnsupported", `${title} ${found}`);
  const manifest = objectOf(parseJson(bytes));
  if (manifest === undefined) throw refuse("has a manifest that is no JSON object.");
  if (Array.isArray(manifest["manifests"]))
    return { kind: "Index", chosen: chooseManifest(manifest["manifests"], refuse) };
  if (!Array.isArray(manifest["layers"]))
    throw refuse("has a manifest of another kind than an OCI or Docker (version 2) image manifest.");
  const layers = manifest["layers"].map((layer) => descriptorOf(layer, refuse));
  const config = objectOf(manifest["config"])?.["mediaType"];
  const isSpin = config === spinApplication || layers.some(({ mediaType }) => mediaType === spinApplication);
  const layer = isSpin ? spinComponent(layers, refuse) : onlyLayer(layers, refuse);
  return { kind: "Artifact", layer };
}

type Refuse = (found: string) => SourceRefused;

/** The one for WebAssembly; else the one that is no attestation. */
function chooseManifest(manifests: readonly unknown[], refuse: Refuse): Descriptor {
  const found = manifests.map((entry) => {
    const architecture = objectOf(objectOf(entry)?.["platform"])?.["architecture"];
    return {
      descriptor: descriptorOf(entry, refuse),
      architecture: typeof architecture === "string" ? architecture : "none",
    };
  });
  const wasm = found.filter(({ architecture }) => architecture === "wasm" || architecture === "wasm32");
  const built = found.filter(({ architecture }) => architecture !== "unknown");
  const [first, second] = wasm.length > 0 ? wasm : built;
  if (first !== undefined && second === undefined) return first.descriptor;
  const architectures = found.map(({ architecture }) => architecture).join(", ");
  throw refuse(
    `is an index of the architectures ${architectures}; it must have exactly one for wasm. Name the digest of one of its manifests.`,
  );
}

/** A Spin application beside its configuration. Its files are nowhere at the edge. */
function spinComponent(layers: readonly Descriptor[], refuse: Refuse): ModuleLayer {
  const parts = layers.filter(({ mediaType }) => mediaType !== spinApplication);
  const [component, ...others] = parts.filter(({ mediaType }) => wasmTypes.has(mediaType));
  if (component === undefined || others.length > 0)
    throw refuse(
      `is a Spin application of ${others.length + Number(component !== undefined)} components; Ebb runs those of one.`,
    );
  if (parts.length > 1)
    throw refuse("is a Spin application with files, which no edge has. Build it without.");
  return { ...component, packing: "Plain" };
}

function onlyLayer(layers: readonly Descriptor[], refuse: Refuse): ModuleLayer {
  const [layer] = layers;
  if (layer === undefined) throw refuse("has no layer, so no module.");
  if (layers.length > 1)
    throw refuse(
      `has ${layers.length} layers; a Wasm artifact has one, and so has an image FROM scratch with one .wasm file. Push the module alone.`,
    );
  const isModule = wasmTypes.has(layer.mediaType) || scriptTypes.has(layer.mediaType);
  const packing = isModule ? "Plain" : imageTypes.get(layer.mediaType);
  if (packing !== undefined) return { ...layer, packing };
  throw refuse(
    `has a layer of the type ${layer.mediaType}; Ebb takes ${[...wasmTypes, ...scriptTypes].join(", ")} and the layer of an image. Push it with: oras push REFERENCE module.wasm:application/wasm`,
  );
}

function descriptorOf(value: unknown, refuse: Refuse): Descriptor {
  const { mediaType, digest, size } = objectOf(value) ?? {};
  const isWhole =
    typeof mediaType === "string" &&
    typeof digest === "string" &&
    typeof size === "number" &&
    Number.isSafeInteger(size) &&
    size >= 0;
  if (!isWhole) throw refuse("has a manifest that names a part without its type, digest or size.");
  if (!/^sha256:[0-9a-f]{64}$/.test(digest))
    throw refuse("has a manifest with a digest of another kind than sha256.");
  return { mediaType, digest, size };
}
