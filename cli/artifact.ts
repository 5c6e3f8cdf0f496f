/** The OCI artifact of a module: equal modules make equal artifacts, so that their digests are equal too. */
import { digestOf } from "../operator/module/digest.ts";
import type { InspectedModule } from "../operator/module/inspect.ts";
import type { Descriptor } from "../operator/module/oci/layout.ts";
import { workerBundleType } from "../operator/api/worker-bundle.ts";

export const manifestType = "application/vnd.oci.image.manifest.v1+json";

export interface Blob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export interface Artifact {
  /** `sha256:` and 64 hex digits, of manifest. */
  readonly digest: string;
  readonly manifest: Uint8Array;
  readonly blobs: readonly Blob[];
}

/** WebAssembly as the CNCF's Wasm OCI artifact, a worker's bundle in a layout of Ebb's. */
export function artifactOf(bytes: Uint8Array, inspected: InspectedModule): Artifact {
  const isWorker = inspected.abi === "Worker";
  const layer = blobOf(isWorker ? workerBundleType : "application/wasm", bytes);
  const config = isWorker
    ? blobOf("application/vnd.oci.empty.v1+json", Buffer.from("{}"))
    : blobOf("application/vnd.wasm.config.v0+json", wasmConfig(inspected, layer.descriptor.digest));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      ...(isWorker ? { artifactType: workerBundleType } : {}),
      config: config.descriptor,
      layers: [layer.descriptor],
    }),
  );
  return { digest: digestOf(manifest), manifest, blobs: [config, layer] };
}

function wasmConfig({ abi, report }: InspectedModule, layer: string): Buffer {
  const isComponent = abi === "WasiHttp";
  const { imports, exports } = report;
  return Buffer.from(
    JSON.stringify({
      // A time of its own would give equal modules different digests.
      created: "1970-01-01T00:00:00Z",
      architecture: "wasm",
      os: isComponent ? "wasip2" : "wasip1",
      layerDigests: [layer],
      ...(isComponent ? { component: { imports, exports } } : {}),
    }),
  );
}

function blobOf(mediaType: string, bytes: Uint8Array): Blob {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}
