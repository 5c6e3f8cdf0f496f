import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemClock } from "../operator/api/system-clock.ts";
import { inspectModule } from "../operator/module/inspect.ts";
import { AddressGuard } from "../operator/module/web/address-guard.ts";
import { Web } from "../operator/module/web/web.ts";
import { tinyCommand } from "../test/kit/tiny-wasm.ts";
import { type Artifact, artifactOf } from "./artifact.ts";
import { pushArtifact } from "./push-artifact.ts";

interface Call {
  readonly line: string;
  readonly authorization: string | undefined;
}

/** A registry that asks for credentials and keeps uploads at another port. */
class Server {
  readonly calls: Call[] = [];
  readonly kept = new Set<string>();
  uploads = "";
  /** What it says that it keeps as manifest. */
  digest: string | undefined;
  readonly #servers = [this.#listener(), this.#listener()] as const;

  async start(): Promise<void> {
    for (const server of this.#servers) server.listen(0, "localhost");
    await Promise.all(this.#servers.map((server) => once(server, "listening")));
    this.uploads = `http://localhost:${this.#port(1)}/uploads/1?state=a`;
  }

  get registry(): string {
    return `localhost:${this.#port(0)}`;
  }

  stop(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  #port(index: 0 | 1): number {
    return (this.#servers[index].address() as AddressInfo).port;
  }

  #listener() {
    return createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    await text(request);
    this.calls.push({ line: `${method} ${url}`, authorization: headers.authorization });
    const { pathname, searchParams } = new URL(url, "http://registry");
    if (pathname.startsWith("/v2/") && headers.authorization === undefined)
      response.writeHead(401, { "www-authenticate": 'Basic realm="registry"' });
    else if (method === "HEAD")
      response.writeHead(this.kept.has(pathname.split("/").at(-1) ?? "") ? 200 : 404);
    else if (method === "POST") response.writeHead(202, { location: this.uploads });
    else {
      this.kept.add(searchParams.get("digest") ?? pathname);
      const told = pathname.startsWith("/v2/") && this.digest !== undefined;
      response.writeHead(201, told ? { "docker-content-digest": this.digest } : {});
    }
    response.end();
  }
}

let server: Server;
let artifact: Artifact;

beforeEach(async () => {
  server = new Server();
  await server.start();
  const bytes = tinyCommand({ stdout: "" });
  artifact = artifactOf(bytes, await inspectModule(bytes, "Auto"));
});

afterEach(() => server.stop());

const credentials = () =>
  Promise.resolve([{ kind: "Password", username: "robot", password: "word" } as const]);

async function push(): Promise<string[]> {
  server.calls.length = 0;
  const web = new Web({
    guard: new AddressGuard({ allowed: ["0.0.0.0/0", "::/0"], denied: [] }),
    clock: systemClock,
  });
  const reference = { registry: server.registry, repository: "shop/app", tag: "1" };
  await web.session((session) =>
    pushArtifact(session, { reference, plainHTTP: true, credentials }, artifact),
  );
  return server.calls.map(({ line }) => line);
}

it("sends each blob once, the tag last, and asks before it sends again", async () => {
  const blobs = artifact.blobs.map(({ descriptor }) => descriptor.digest);
  const calls = await push();
  expect(blobs.filter((digest) => server.kept.has(digest))).toEqual(blobs);
  expect(calls.at(-1)).toBe("PUT /v2/shop/app/manifests/1");
  expect(await push()).toEqual([
    // Asked without credentials, and then with them.
    `HEAD /v2/shop/app/blobs/${blobs[0]}`,
    ...blobs.map((digest) => `HEAD /v2/shop/app/blobs/${digest}`),
    "PUT /v2/shop/app/manifests/1",
  ]);
});

it("keeps what the address of an upload says, and gives that other host no credentials", async () => {
  await push();
  const uploads = server.calls.filter(({ line }) => line.startsWith("PUT /uploads/"));
  expect(uploads).toEqual(
    artifact.blobs.map(({ descriptor: { digest } }) => ({
      line: `PUT /uploads/1?state=a&digest=${encodeURIComponent(digest)}`,
      authorization: undefined,
    })),
  );
});

it("fails when the registry keeps another manifest than was sent", async () => {
  server.digest = "sha256:other";
  await expect(push()).rejects.toThrow(`keeps sha256:other instead of ${artifact.digest}`);
});
