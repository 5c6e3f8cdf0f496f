/** workerd as a pool on a loopback address, with the operator's client: tests push modules to it and ask them. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ports } from "../../operator/api/v1alpha1/names.ts";
import type { VersionEntry } from "../../operator/provider/version-entry.ts";
import { PoolClient } from "../../operator/provider/workerd/pool-client.ts";
import type { PoolOrders } from "../../operator/provider/workerd/pool-client.ts";
import type { PoolReport, Trap } from "../../operator/provider/workerd/pool-report.ts";
import { createPoolTls } from "./pool-tls.ts";
import { startRealPool } from "./real-pool.ts";
import type { RealPool, RealPoolOptions } from "./real-pool.ts";

export interface Module extends Partial<Omit<VersionEntry, "digest">> {
  readonly abi: VersionEntry["abi"];
  readonly bytes: Uint8Array;
}

export function workerModule(source: string): Module {
  return { abi: "Worker", bytes: new TextEncoder().encode(source) };
}

type PushedPoolOptions = Omit<RealPoolOptions, "address" | "tls" | "drainSeconds">;

export class PushedPool {
  readonly address: string;
  readonly pool: RealPool;
  readonly #client: PoolClient;

  private constructor(address: string, pool: RealPool, client: PoolClient) {
    this.address = address;
    this.pool = pool;
    this.#client = client;
  }

  /** Versions that are dropped take no new request from the next probe on; what they have, they end within capSeconds. */
  static async start(address: string, options: PushedPoolOptions = {}): Promise<PushedPool> {
    const tls = await createPoolTls("shop");
    const pool = await startRealPool({ address, tls, drainSeconds: 0, ...options });
    const serverAuthority = tls.serverAuthority.certificate;
    return new PushedPool(address, pool, new PoolClient("shop", { serverAuthority, ...tls.client }));
  }

  /** Modules by `<key>/<version>`; all others are dropped. */
  async push(modules: Readonly<Record<string, Module>>, orders: PoolOrders = {}): Promise<PoolReport> {
    const functions: Record<string, Record<string, VersionEntry>> = {};
    const artifacts = new Map<string, Uint8Array>();
    for (const [name, { bytes, env = {}, ...settings }] of Object.entries(modules)) {
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      artifacts.set(digest, bytes);
      const [key = "", version = ""] = name.split("/");
      functions[key] = { ...functions[key], [version]: { ...settings, digest, env } };
    }
    const first = await this.#client.putManifest(this.address, { functions }, orders);
    if (!("missing" in first)) return first;
    for (const digest of first.missing)
      await this.#client.putArtifact(this.address, digest, artifacts.get(digest) ?? new Uint8Array());
    const second = await this.#client.putManifest(this.address, { functions }, orders);
    if ("missing" in second) throw new Error("artifacts are missing");
    return second;
  }

  ask(version: string, path = "/", init: Omit<RequestInit, "headers"> = {}): Promise<Response> {
    const url = `http://${this.address}:${ports.poolHttp}${path}`;
    return fetch(url, { redirect: "manual", ...init, headers: { "x-ebb-function": version } });
  }

  async textOf(version: string, path = "/"): Promise<string> {
    return (await this.ask(version, path)).text();
  }

  probe(): Promise<Response> {
    return fetch(`http://${this.address}:${ports.poolProbe}/readyz`);
  }

  /** How a version failed the last time. */
  trapOf(version: string): Promise<Trap | undefined> {
    return this.#client.getTrap(this.address, version);
  }

  /** Of the process. */
  async anonymousMegabytes(): Promise<number> {
    const status = await readFile(`/proc/${this.pool.pid}/status`, "utf8");
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  async stop(): Promise<void> {
    await this.#client.close();
    await this.pool.stop();
  }
}
