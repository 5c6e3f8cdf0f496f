/** One pooled connection to an API server, with the credentials and TLS of a KubeConfig. */
import { createHash } from "node:crypto";
import type { RequestOptions } from "node:https";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { type Cluster, type KubeConfig, RequestContext } from "@kubernetes/client-node";
import { Agent, type Dispatcher, errors, request as send } from "undici";
import type { Clock } from "../api/clock.ts";
import { abortable } from "./call-scope.ts";

export interface WireRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly accept: string;
  readonly body?: { readonly type: string; readonly text: string };
  readonly signal: AbortSignal;
  /** Milliseconds until the answer's headers; after that later requests take new connections. */
  readonly headersTimeoutMs: number;
  /** Milliseconds between two pieces of the answer's body. */
  readonly bodyTimeoutMs: number;
}

export interface ConnectionOptions {
  readonly kubeConfig: KubeConfig;
  readonly clock: Clock;
  readonly userAgent?: string;
}

interface Access {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

type Tls = Pick<
  TlsOptions,
  "ca" | "cert" | "key" | "pfx" | "passphrase" | "rejectUnauthorized" | "servername"
>;

/** A file token is at most this much older than its file; an exec plugin runs at most this often. */
const accessLifetimeMs = 10_000;

/**
 * KubeConfig makes a new agent, so a new TLS handshake, for each request; here one dispatcher lives until its CA,
 * certificate, key or server changes, and concurrent calls ask the authenticator once.
 */
export class Connection {
  readonly #config: KubeConfig;
  readonly #clock: Clock;
  readonly #userAgent: string;
  #access: Promise<Access> | undefined;
  #accessUntil = 0;
  #dispatcher: Dispatcher | undefined;
  #fingerprint = "";

  constructor(options: ConnectionOptions) {
    this.#config = options.kubeConfig;
    this.#clock = options.clock;
    this.#userAgent = options.userAgent ?? "ebb";
  }

  /** The answer as soon as its headers are there; the caller consumes or dumps the body. */
  async send(request: WireRequest): Promise<Dispatcher.ResponseData> {
    const access = await abortable(this.#currentAccess(), request.signal);
    const reply = await this.#sendOver(access, request);
    if (reply.statusCode === 401) this.#access = undefined;
    return reply;
  }

  async #sendOver(access: Access, request: WireRequest): Promise<Dispatcher.ResponseData> {
    const sent = send(access.server + request.path, {
      dispatcher: access.dispatcher,
      method: request.method,
      headers: {
        ...access.headers,
        accept: request.accept,
        "user-agent": this.#userAgent,
        ...(request.body && { "content-type": request.body.type }),
      },
      body: request.body?.text ?? null,
      signal: request.signal,
      headersTimeout: request.headersTimeoutMs,
      bodyTimeout: request.bodyTimeoutMs,
    });
    try {
      return await sent;
    } catch (error) {
      if (error instanceof errors.HeadersTimeoutError) this.#leave(access.dispatcher);
      throw error;
    }
  }

  /** Later requests take new connections: those of dispatcher may be dead, and HTTP/2 would queue on them until it is sure. */
  #leave(dispatcher: Dispatcher): void {
    if (this.#dispatcher !== dispatcher) return;
    this.#access = undefined;
    this.#dispatcher = undefined;
    dispatcher.close(() => undefined);
  }

  /** Ends every request at once. */
  async close(): Promise<void> {
    this.#access = undefined;
    this.#fingerprint = "";
    const dispatcher = this.#dispatcher;
    this.#dispatcher = undefined;
    await dispatcher?.destroy();
  }

  #currentAccess(): Promise<Access> {
    if (this.#access === undefined || this.#clock.now() >= this.#accessUntil) {
      const opened = this.#open();
      this.#access = opened;
      this.#accessUntil = this.#clock.now() + accessLifetimeMs;
      opened.catch(() => {
        if (this.#access === opened) this.#access = undefined;
      });
    }
    return this.#access;
  }

  async #open(): Promise<Access> {
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) throw new Error("the kubeconfig's current context names no cluster");
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const tls = tlsOf(options);
    const fingerprint = createHash("sha256")
      .update(JSON.stringify([cluster.server, cluster.proxyUrl, tls]))
      .digest("hex");
    if (this.#dispatcher === undefined || fingerprint !== this.#fingerprint) {
      // Streams of the former dispatcher end in their own time.
      this.#dispatcher?.close(() => undefined);
      this.#dispatcher = await this.#dispatcherFor(tls, cluster);
      this.#fingerprint = fingerprint;
    }
    return {
      server: cluster.server.replace(/\/+$/, ""),
      headers: headersOf(options),
      dispatcher: this.#dispatcher,
    };
  }

  async #dispatcherFor(tls: Tls, cluster: Cluster): Promise<Dispatcher> {
    if (cluster.proxyUrl === undefined) {
      return new Agent({
        connect: { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 30_000 },
        keepAliveTimeout: 30_000,
        h2Options: { pingInterval: 15_000 },
      });
    }
    const context = new RequestContext(cluster.server, "GET");
    await this.#config.applySecurityAuthentication(context);
    return context.getDispatcher() ?? new Agent();
  }
}

function tlsOf(options: RequestOptions): Tls {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(pfx && { pfx }),
    ...(passphrase && { passphrase }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    ...(servername !== undefined && { servername }),
  };
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value);
  }
  if (typeof options.auth === "string") {
    headers.authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  }
  return headers;
}
