/** A client for each namespace's pool, made anew when the operator's certificate or the authorities change. */
import type { Logger } from "../../telemetry/log.ts";
import { fingerprint } from "./certificates.ts";
import type { PoolAuthority } from "./pool-authority.ts";
import { PoolClient } from "./pool-client.ts";

export class PoolClients {
  readonly #authority: PoolAuthority;
  readonly #log: Logger;
  readonly #term: AbortSignal | undefined;
  readonly #clients = new Map<string, { readonly fingerprint: string; readonly client: PoolClient }>();

  /** After the end of term the clients send nothing any more. */
  constructor(authority: PoolAuthority, log: Logger, term?: AbortSignal) {
    this.#authority = authority;
    this.#log = log;
    this.#term = term;
  }

  async get(namespace: string): Promise<PoolClient> {
    const leaf = await this.#authority.clientLeaf();
    const { serverTrust } = await this.#authority.authorities();
    const current = fingerprint(leaf.certificate, serverTrust);
    const known = this.#clients.get(namespace);
    if (known?.fingerprint === current) return known.client;
    if (known !== undefined) this.#closeLater(known.client);
    const client = new PoolClient(namespace, { serverAuthority: serverTrust, ...leaf }, this.#term);
    this.#clients.set(namespace, { fingerprint: current, client });
    return client;
  }

  /** The namespace's pool is gone. */
  forget(namespace: string): void {
    const known = this.#clients.get(namespace);
    this.#clients.delete(namespace);
    if (known !== undefined) this.#closeLater(known.client);
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#clients.values(), ({ client }) => client.close()));
    this.#clients.clear();
  }

  #closeLater(client: PoolClient): void {
    client.close().catch((error: unknown) => this.#log.warn({ err: error }, "a pool client did not close"));
  }
}
