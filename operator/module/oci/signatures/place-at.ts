/** The signatures that one endpoint of a registry has. */
import { indexType, manifestTypes, maxManifestSize } from "../manifest-types.ts";
import type { WebReply } from "../../web/web-reply.ts";
import type { RegistryEndpoint } from "../registry-endpoint.ts";
import type { Place } from "./find-signatures.ts";

/** Bytes of a signature. */
const maxSize = 1024 * 1024;
/** How registries answer that do not know the API of referrers. */
const unknownApi = [400, 404, 405, 406];

/** Pages of one list. */
const maxPages = 8;

export function placeAt(endpoint: RegistryEndpoint): Place {
  return {
    async find(name) {
      const reply = await endpoint.find(`manifests/${name}`, { accept: manifestTypes });
      const title = `Manifest ${name} of ${endpoint.title}`;
      const wanted = name.startsWith("sha256:") ? { digest: name } : {};
      return await reply?.bytes({ title, maxSize: maxManifestSize, ...wanted });
    },
    async referrers(digest) {
      const pages: Uint8Array[] = [];
      let query: string | undefined = "";
      while (query !== undefined && pages.length < maxPages) {
        const part: string = `referrers/${digest}${query}`;
        const reply: WebReply | undefined = await endpoint.find(part, { accept: indexType }, unknownApi);
        if (reply?.header("content-type")?.startsWith(indexType) !== true) {
          await reply?.dump();
          return undefined;
        }
        pages.push(
          await reply.bytes({ title: `List of referrers in ${endpoint.title}`, maxSize: maxManifestSize }),
        );
        query = nextPage(reply);
      }
      return pages;
    },
    async piece({ digest, size }) {
      const reply = await endpoint.get(`blobs/${digest}`);
      return await reply.bytes({ title: `Blob ${digest} of ${endpoint.title}`, digest, size, maxSize });
    },
  };
}

/** What asks for the next page: of a link the query alone counts, so that it leads nowhere else. */
function nextPage(reply: WebReply): string | undefined {
  const [, link] = /<([^>]*)>\s*;\s*rel="?next"?/.exec(reply.header("link") ?? "") ?? [];
  const query = link === undefined ? undefined : URL.parse(link, reply.url)?.search;
  return query === "" ? undefined : query;
}
