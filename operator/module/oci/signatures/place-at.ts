/** The signatures that one endpoint of a registry has. */
import { indexType, manifestTypes, maxManifestSize } from "../manifest-types.ts";
import type { RegistryEndpoint } from "../registry-endpoint.ts";
import type { Place } from "./find-signatures.ts";

/** Bytes of a signature. */
const maxSize = 1024 * 1024;
/** How registries answer that do not know the API of referrers. */
const unknownApi = [400, 404, 405, 406];

export function placeAt(endpoint: RegistryEndpoint): Place {
  return {
    async find(name) {
      const reply = await endpoint.find(`manifests/${name}`, { accept: manifestTypes });
      const title = `Manifest ${name} of ${endpoint.title}`;
      const wanted = name.startsWith("sha256:") ? { digest: name } : {};
      return await reply?.bytes({ title, maxSize: maxManifestSize, ...wanted });
    },
    async referrers(digest) {
      const reply = await endpoint.find(`referrers/${digest}`, { accept: indexType }, unknownApi);
      if (reply?.header("content-type")?.startsWith(indexType) !== true) {
        await reply?.dump();
        return undefined;
      }
      return await reply.bytes({ title: `Referrers of ${endpoint.title}`, maxSize: maxManifestSize });
    },
    async piece({ digest, size }) {
      const reply = await endpoint.get(`blobs/${digest}`);
      return await reply.bytes({ title: `Blob ${digest} of ${endpoint.title}`, digest, size, maxSize });
    },
  };
}
