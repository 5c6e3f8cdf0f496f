/** A registry with the API of the OCI distribution specification, and the ways in which registries ask who is there. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Blob, TestArtifact } from "./artifact.ts";
import { referrerList } from "./signatures.ts";

export interface RegistryRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface FakeRegistryOptions {
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Passwords of users; everybody may read without them. */
  readonly users?: Readonly<Record<string, string>>;
  readonly challenge?: "Basic" | "Bearer";
  /** Token that /token gives to whoever shows it as refresh_token. */
  readonly identityToken?: string;
  /** Where blobs are, as a URL without a path; a GET of one is redirected there. */
  readonly blobsAt?: string;
  /** Whether it knows the API of referrers. */
  readonly listsReferrers?: boolean;
  /** First word on every request; true means that it was answered. */
  readonly script?: (request: RegistryRequest, response: ServerResponse) => boolean;
}

export class FakeRegistry implements AsyncDisposable {
  readonly requests: RegistryRequest[] = [];
  /** May be changed while it runs. */
  script: FakeRegistryOptions["script"];
  readonly #options: FakeRegistryOptions;
  #port = 0;
  readonly #server: ReturnType<typeof createServer>;
  readonly #manifests = new Map<string, TestArtifact>();
  readonly #blobs = new Map<string, Blob>();
  readonly #referrers = new Map<string, TestArtifact[]>();

  private constructor(options: FakeRegistryOptions) {
    this.#options = options;
    this.script = options.script;
    const listener: RequestListener = (request, response) => {
      this.#handle(request, response).catch((error: unknown) =>
        response.destroy(new Error("the fake registry failed", { cause: error })),
      );
    };
    const { tls } = options;
    this.#server =
      tls === undefined
        ? createServer(listener)
        : createTlsServer({ cert: tls.certificate, key: tls.key }, listener);
  }

  static async start(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
    const registry = new FakeRegistry(options);
    await registry.listen();
    return registry;
  }

  /** The same when it is stopped. */
  get port(): number {
    return this.#port;
  }

  /** As in a reference. */
  get host(): string {
    return `localhost:${this.port}`;
  }

  get url(): string {
    return `${this.#options.tls === undefined ? "http" : "https"}://${this.host}`;
  }

  /** Methods and paths of the requests so far. */
  get calls(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  /** The tag names the artifact from now on. Returns its digest. */
  push(repository: string, tag: string, artifact: TestArtifact): string {
    for (const each of [artifact, ...(artifact.manifests ?? [])]) {
      this.#manifests.set(`${repository}@${each.digest}`, each);
      for (const blob of each.blobs) this.#blobs.set(blob.digest, blob);
    }
    this.#manifests.set(`${repository}@${tag}`, artifact);
    return artifact.digest;
  }

  /** Each refers to the digest from now on, as its signatures do. */
  refer(repository: string, digest: string, ...referrers: readonly TestArtifact[]): void {
    const id = `${repository}@${digest}`;
    const all = [...(this.#referrers.get(id) ?? []), ...referrers];
    this.#referrers.set(id, all);
    for (const each of referrers) this.push(repository, each.digest, each);
    if (this.#options.listsReferrers !== true)
      this.push(repository, digest.replace(":", "-"), referrerList(all));
  }

  /** Also again, after stop. */
  async listen(port = this.#port): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(port, "localhost", resolve);
    await promise;
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Nothing answers any more. */
  async stop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "/", headers } = incoming;
    const request = { method, path: url, authorization: headers.authorization, body: await text(incoming) };
    this.requests.push(request);
    if (this.script?.(request, response) === true) return;
    const { pathname, searchParams } = new URL(url, "http://registry");
    if (pathname === "/token") this.#giveToken(request, searchParams, response);
    else if (this.#isAllowed(request)) this.#serve(method, pathname, response);
    else this.#refuse(pathname, response);
  }

  #serve(method: string, path: string, response: ServerResponse): void {
    const [, repository = "", kind = "", name = ""] =
      /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/.exec(path) ?? [];
    const found = this.#find(repository, kind, name);
    if (found === undefined) {
      response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
      return;
    }
    if (kind === "blobs" && this.#options.blobsAt !== undefined) {
      response.writeHead(307, { location: `${this.#options.blobsAt}${path}?signature=abc` }).end();
      return;
    }
    const { mediaType, digest, bytes } = found;
    response.writeHead(200, {
      "content-type": mediaType,
      "content-length": bytes.length,
      "docker-content-digest": digest,
    });
    response.end(method === "HEAD" ? undefined : bytes);
  }

  #find(
    repository: string,
    kind: string,
    name: string,
  ): Pick<Blob, "mediaType" | "digest" | "bytes"> | undefined {
    const id = `${repository}@${name}`;
    if (kind === "manifests") return this.#manifests.get(id);
    if (kind === "blobs") return this.#blobs.get(name);
    return this.#options.listsReferrers === true ? referrerList(this.#referrers.get(id) ?? []) : undefined;
  }

  #isAllowed({ authorization = "" }: RegistryRequest): boolean {
    if (this.#options.challenge === undefined) return true;
    const [scheme, value = ""] = authorization.split(" ");
    return this.#options.challenge === "Bearer"
      ? scheme === "Bearer" && value === bearerToken
      : scheme === "Basic" && this.#isUser(value);
  }

  #isUser(encoded: string): boolean {
    const users = Object.entries(this.#options.users ?? {});
    return users.some(
      ([name, password]) => encoded === Buffer.from(`${name}:${password}`).toString("base64"),
    );
  }

  #refuse(path: string, response: ServerResponse): void {
    const [, repository = ""] = /^\/v2\/(.+)\/(?:manifests|blobs|referrers)\//.exec(path) ?? [];
    const challenge =
      this.#options.challenge === "Basic"
        ? 'Basic realm="registry"'
        : `Bearer realm="${this.url}/token",service="fake",scope="repository:${repository}:pull"`;
    response.writeHead(401, { "www-authenticate": challenge }).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
  }

  #giveToken(request: RegistryRequest, query: URLSearchParams, response: ServerResponse): void {
    const { users, identityToken } = this.#options;
    const isRefresh =
      request.method === "POST" && new URLSearchParams(request.body).get("refresh_token") === identityToken;
    const isKnown = this.#isUser((request.authorization ?? "").replace(/^Basic /, ""));
    const isOpen = users === undefined && identityToken === undefined && request.authorization === undefined;
    if (!isRefresh && !isKnown && !isOpen) {
      response.writeHead(401).end("{}");
      return;
    }
    const scope = query.get("scope") ?? "";
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ [isRefresh ? "access_token" : "token"]: bearerToken, scope }));
  }
}

/** The token that lets in. */
export const bearerToken = "token-of-the-fake-registry";
