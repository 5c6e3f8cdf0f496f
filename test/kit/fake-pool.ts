/**
 * The pool without workerd: the router's own code over bindings that Node stands in for, with the real protocol and the
 * real ports on a loopback address. Functions really run, in this process: they are not isolated.
 */
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { serveAdminRequest } from "../../edge/pool/admin-request.ts";
import { Disk } from "../../edge/pool/disk.ts";
import { passOut } from "../../edge/pool/egress.ts";
import type { Fetcher, Host, Loader } from "../../edge/pool/host.ts";
import { Pool } from "../../edge/pool/pool.ts";
import { serveProbeRequest } from "../../edge/pool/probe-request.ts";
import { serveUserRequest } from "../../edge/pool/user-request.ts";
import { ports } from "../../operator/api/v1alpha1/names.ts";
import { MemoryDisk } from "./fake-pool/memory-disk.ts";
import { NodeLoader } from "./fake-pool/node-loader.ts";
import { close, listen, toListener } from "./fake-pool/web-server.ts";
import type { WebHandler } from "./fake-pool/web-server.ts";

/** PEM texts, as in Secret `ebb-pool-tls`. */
export interface FakePoolOptions {
  /** A loopback address of its own. */
  readonly address: string;
  readonly tls: {
    readonly server: { readonly certificate: string; readonly key: string };
    readonly clientAuthority: { readonly certificate: string };
  };
  /** 30 unless given. */
  readonly drainSeconds?: number;
  /** 600 unless given. */
  readonly capSeconds?: number;
  /** Runs the functions; Node itself unless given. */
  readonly loader?: Loader;
  /** What is on the disk before the start, by path; nothing unless given. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface FakePool {
  readonly address: string;
  /** Names of the versions that are loaded, `<key>/<version>`. */
  loaded(): string[];
  /** Hex digests of the artifacts that are on the disk. */
  artifacts(): string[];
  /** Loses all but the disk, and every open connection, as a killed process that is started again. */
  crash(): Promise<void>;
  /** Loses everything, as a deleted pod. */
  stop(): Promise<void>;
}

/** Resolves when all three ports listen. */
export async function startFakePool(options: FakePoolOptions): Promise<FakePool> {
  const { address } = options;
  const data = new MemoryDisk(options.files);
  let process = await startProcess(options, data);
  return {
    address,
    loaded: () =>
      Object.entries(process.pool.report().versions).flatMap(([name, state]) => (state.loaded ? [name] : [])),
    artifacts: () => data.names("artifacts/"),
    crash: async () => {
      await process.end();
      process = await startProcess(options, data);
    },
    stop: () => process.end(),
  };
}

/** Functions run in this process and are not held to what they may reach: see NodeLoader. */
const network: Fetcher = { fetch: (input, init) => fetch(input, init) };

async function startProcess(options: FakePoolOptions, data: MemoryDisk) {
  const pool = new Pool(Date.now);
  const host: Host = {
    loader: options.loader ?? new NodeLoader(),
    disk: new Disk(data, data),
    shims: { wasiCommand: "", wasiHttp: "", workerModule: "" },
    drainSeconds: options.drainSeconds ?? 30,
    capSeconds: options.capSeconds ?? 600,
    // No kubelet probes it: every end counts.
    steadySeconds: 0,
    streams: { lengthOf: () => undefined, through: () => new TransformStream() },
    egress: (rules) => ({ fetch: (input, init) => passOut(network, rules, new Request(input, init)) }),
    keepAlive: (work) => void work.catch(() => undefined),
  };
  const tls = {
    cert: options.tls.server.certificate,
    key: options.tls.server.key,
    ca: options.tls.clientAuthority.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  };
  const on = (serve: (pool: Pool, host: Host, request: Request) => Promise<Response>): WebHandler => {
    return (request) => serve(pool, host, request);
  };
  const servers = [
    { port: ports.poolHttp, server: createServer(toListener("http", on(serveUserRequest))) },
    { port: ports.poolAdmin, server: createTlsServer(tls, toListener("https", on(serveAdminRequest))) },
    { port: ports.poolProbe, server: createServer(toListener("http", on(serveProbeRequest))) },
  ];
  await Promise.all(servers.map(({ server, port }) => listen(server, options.address, port)));
  return { pool, end: async () => void (await Promise.all(servers.map(({ server }) => close(server)))) };
}
