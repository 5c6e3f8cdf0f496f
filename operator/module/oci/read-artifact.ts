/** From an artifact's digest to the bytes of its module. */
import { SourceRefused } from "../source-error.ts";
import { refuseTooLarge } from "../web/collect.ts";
import { type Descriptor, type ModuleLayer, readManifest } from "./layout.ts";
import { moduleIn } from "./unpack.ts";

/** Where parts of an artifact come from; undefined for what is not there. */
export interface Parts {
  manifest(digest: string): Promise<Uint8Array | undefined>;
  layer(descriptor: Descriptor): Promise<Buffer | undefined>;
}

export interface ReadOptions {
  /** Registry and repository, for messages. */
  readonly name: string;
  /** Bytes of the module, and of the layer that it is in. */
  readonly maxSize: number;
}

/** Undefined when a part is not there. Errors: SourceRefused, and those of parts. */
export async function readArtifact(
  parts: Parts,
  digest: string,
  { name, maxSize }: ReadOptions,
): Promise<Uint8Array | undefined> {
  const layer = await findLayer(parts, digest, name);
  if (layer === undefined) return undefined;
  const title = `Layer ${layer.digest} of ${name}`;
  refuseTooLarge({ title, size: layer.size, maxSize, limit: "modules.maxSize" });
  const bytes = await parts.layer(layer);
  return bytes === undefined ? undefined : await moduleIn(bytes, layer.packing, { title, maxSize });
}

async function findLayer(parts: Parts, digest: string, name: string): Promise<ModuleLayer | undefined> {
  const outer = await parts.manifest(digest);
  if (outer === undefined) return undefined;
  const first = readManifest(outer, `${name}@${digest}`);
  if (first.kind === "Artifact") return first.layer;
  const inner = await parts.manifest(first.chosen.digest);
  if (inner === undefined) return undefined;
  const second = readManifest(inner, `${name}@${first.chosen.digest}`);
  if (second.kind === "Artifact") return second.layer;
  throw new SourceRefused(
    "LayoutUnsupported",
    `${name}@${digest} is an index of an index. Name the artifact itself.`,
  );
}
