/** workerd's disk service, in memory. */
import type { Fetcher } from "../../../edge/pool/host.ts";

export class MemoryDisk implements Fetcher {
  readonly #files: Map<string, ArrayBuffer>;

  constructor(files: Readonly<Record<string, string>> = {}) {
    const entries = Object.entries(files);
    this.#files = new Map(entries.map(([path, text]) => [path, new TextEncoder().encode(text).buffer]));
  }

  async fetch(input: Request | string, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const path = new URL(request.url).pathname.slice(1);
    if (request.method === "PUT") {
      this.#files.set(path, await request.arrayBuffer());
      return new Response(null, { status: 204 });
    }
    if (request.method === "DELETE")
      return new Response(null, { status: this.#files.delete(path) ? 204 : 404 });
    return path.endsWith("/") ? this.#list(path) : this.#read(path);
  }

  /** Of the files in folder, which ends with a slash. */
  names(folder: string): string[] {
    const paths = [...this.#files.keys()].filter((path) => path.startsWith(folder));
    return paths.map((path) => path.slice(folder.length));
  }

  #read(path: string): Response {
    const bytes = this.#files.get(path);
    return bytes === undefined ? new Response(null, { status: 404 }) : new Response(bytes);
  }

  #list(folder: string): Response {
    const names = this.names(folder);
    if (names.length === 0) return new Response(null, { status: 404 });
    return Response.json(names.map((name) => ({ name, type: "file" })));
  }
}
