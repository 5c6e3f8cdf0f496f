/** A module in a ConfigMap of the function's namespace. */
import type { KubeClient } from "../kube/kube-client.ts";
import { configMaps } from "../kube/objects.ts";
import { SourceRefused } from "./source-error.ts";

interface ConfigMapKey {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

export interface ConfigMapSource {
  /**
   * The bytes under the key, from binaryData or data.
   * resourceVersion is the newest one known to a watch: bytes are read again only when it changed.
   * Errors: SourceRefused with ModuleNotFound; ApiError when the API server does not answer.
   */
  read(source: ConfigMapKey, resourceVersion: string | undefined): Promise<Uint8Array>;
}

/** Keeps the bytes of each key while its ConfigMap is unchanged, those of the maxEntries keys that were used last. */
export function createConfigMapSource(client: KubeClient, maxEntries = 64): ConfigMapSource {
  const cache = new Map<string, { readonly resourceVersion: string; readonly bytes: Uint8Array }>();
  return {
    async read(source, resourceVersion) {
      const id = `${source.namespace}/${source.name}/${source.key}`;
      const cached = cache.get(id);
      cache.delete(id);
      if (cached !== undefined && cached.resourceVersion === resourceVersion) {
        cache.set(id, cached);
        return cached.bytes;
      }
      const object = await client.find(configMaps, source);
      if (object === undefined)
        throw new SourceRefused(
          "ModuleNotFound",
          `spec.module.configMapKeyRef names ConfigMap "${source.name}", which does not exist in namespace "${source.namespace}". Create it there.`,
        );
      const bytes = decode(object.binaryData?.[source.key], object.data?.[source.key]);
      if (bytes === undefined) {
        const keys = [...Object.keys(object.binaryData ?? {}), ...Object.keys(object.data ?? {})];
        throw new SourceRefused(
          "ModuleNotFound",
          `spec.module.configMapKeyRef.key is "${source.key}", which ConfigMap "${source.name}" does not have. Its keys: ${keys.join(", ") || "none"}.`,
        );
      }
      cache.set(id, { resourceVersion: object.metadata.resourceVersion ?? "", bytes });
      for (const oldest of cache.keys()) {
        if (cache.size <= maxEntries) break;
        cache.delete(oldest);
      }
      return bytes;
    },
  };
}

function decode(binary: string | undefined, text: string | undefined): Uint8Array | undefined {
  if (binary !== undefined) return Buffer.from(binary, "base64");
  return text === undefined ? undefined : Buffer.from(text, "utf8");
}
