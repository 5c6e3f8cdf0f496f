/** The push protocol to one pod of a pool: artifacts and the manifest, over mutual TLS. */
import { Agent } from "undici";
import type { Dispatcher } from "undici";
import { ports } from "../../api/v1alpha1/names.ts";
import { canonicalJson } from "../version-entry.ts";
import type { Manifest, SecretEnvs } from "./manifest.ts";
import { parseMissing, parsePoolReport, parseTrap } from "./pool-report.ts";
import type { PoolReport, Trap } from "./pool-report.ts";

const connectTimeout = 1000;
/** Loading new modules is part of the answer to a manifest. */
const requestTimeout = 5000;

/** PEM texts. */
export interface PoolCredentials {
  readonly serverAuthority: string;
  readonly certificate: string;
  readonly key: string;
}

/** What else is known of versions, by `<key>/<version>`. */
export interface PoolOrders {
  /** They have ended the pod's process while they were loaded, and are to be loaded once more. */
  readonly retry?: readonly string[];
  /** Other pods have found them stalled, and so they are not to run. */
  readonly stalled?: readonly string[];
}

/** A pod did not answer, or not as the protocol says; the message names pod address and path, never content. */
export class PoolRequestFailed extends Error {
  override readonly name = "PoolRequestFailed";
}

/**
 * All pods of one namespace's pool; addresses are pod IPs. Errors: PoolRequestFailed from every call, and the reason of
 * term once that is over. Guarantees: nothing leaves after the end of term; what is under way is broken off then.
 */
export class PoolClient {
  readonly #agent: Agent;
  readonly #term: AbortSignal | undefined;
  readonly #breakOff = (): void => void this.#agent.destroy();

  constructor(namespace: string, credentials: PoolCredentials, term?: AbortSignal) {
    this.#term = term;
    this.#agent = new Agent({
      connect: {
        ca: credentials.serverAuthority,
        cert: credentials.certificate,
        key: credentials.key,
        servername: serverName(namespace),
        timeout: connectTimeout,
      },
      headersTimeout: requestTimeout,
      bodyTimeout: requestTimeout,
    });
    term?.addEventListener("abort", this.#breakOff, { once: true });
  }

  async getManifest(address: string): Promise<PoolReport> {
    const answer = await this.#request(address, "GET", "/manifest");
    return parse(address, answer, parsePoolReport);
  }

  /**
   * The pod's report, or the artifacts that must be put before. A version that the pod has keeps its values from
   * Secrets.
   */
  async putManifest(
    address: string,
    manifest: Manifest,
    { retry = [], stalled = [] }: PoolOrders = {},
    secrets: SecretEnvs = {},
  ): Promise<PoolReport | { readonly missing: string[] }> {
    const orders = [...retry.map((name) => ["retry", name]), ...stalled.map((name) => ["stalled", name])];
    const query = new URLSearchParams(orders).toString();
    const path = query === "" ? "/manifest" : `/manifest?${query}`;
    const answer = await this.#request(address, "PUT", path, canonicalJson({ ...manifest, secrets }), [409]);
    if (answer.status === 409) return { missing: parse(address, answer, parseMissing) };
    return parse(address, answer, parsePoolReport);
  }

  /** undefined when the pod does not have it. digest is `sha256:` and hex. */
  async getArtifact(address: string, digest: string): Promise<Uint8Array | undefined> {
    const answer = await this.#request(address, "GET", artifactPath(digest), undefined, [404]);
    return answer.status === 404 ? undefined : answer.body;
  }

  /** How a version (`<key>/<version>`) failed the last time; undefined when it has not. */
  async getTrap(address: string, name: string): Promise<Trap | undefined> {
    const query = new URLSearchParams({ version: name }).toString();
    const answer = await this.#request(address, "GET", `/trap?${query}`, undefined, [404]);
    return answer.status === 404 ? undefined : parse(address, answer, parseTrap);
  }

  async putArtifact(address: string, digest: string, bytes: Uint8Array): Promise<void> {
    await this.#request(address, "PUT", artifactPath(digest), bytes);
  }

  /** Ends idle connections at once and the others when they are answered. */
  async close(): Promise<void> {
    this.#term?.removeEventListener("abort", this.#breakOff);
    if (!this.#agent.destroyed) await this.#agent.close();
  }

  async #request(
    address: string,
    method: "GET" | "PUT",
    path: string,
    body?: string | Uint8Array,
    expected: readonly number[] = [],
  ): Promise<Answer> {
    this.#term?.throwIfAborted();
    const { statusCode, bytes } = await this.#send(address, method, path, body).catch((error: unknown) => {
      this.#term?.throwIfAborted();
      throw new PoolRequestFailed(`${method} ${path} at ${address} failed: ${codeOf(error)}`, {
        cause: error,
      });
    });
    if (statusCode >= 300 && !expected.includes(statusCode)) {
      throw new PoolRequestFailed(`${method} ${path} at ${address} was answered ${statusCode}`);
    }
    return { status: statusCode, body: bytes };
  }

  async #send(address: string, method: "GET" | "PUT", path: string, body: string | Uint8Array | undefined) {
    const host = address.includes(":") ? `[${address}]` : address;
    const options: Dispatcher.RequestOptions = {
      origin: `https://${host}:${ports.poolAdmin}`,
      path,
      method,
      signal: AbortSignal.timeout(connectTimeout + requestTimeout),
      ...(body === undefined ? {} : { body }),
    };
    const response = await this.#agent.request(options);
    return { statusCode: response.statusCode, bytes: new Uint8Array(await response.body.arrayBuffer()) };
  }
}

interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Name in the certificate of a namespace's pool. */
export function serverName(namespace: string): string {
  return `ebb-pool.${namespace}.svc`;
}

function parse<T>(address: string, answer: Answer, read: (value: unknown) => T): T {
  try {
    return read(JSON.parse(new TextDecoder().decode(answer.body)));
  } catch (error) {
    throw new PoolRequestFailed(`the answer of ${address} is not as the pool protocol says`, {
      cause: error,
    });
  }
}

function artifactPath(digest: string): string {
  return `/artifacts/${digest.slice("sha256:".length)}`;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
