/** The worker that owns the pool's three sockets: users' requests, the operator's, and the kubelet's probes. */
import { WorkerEntrypoint } from "cloudflare:workers";
import wasiCommand from "wasi-command.txt";
import wasiHttp from "wasi-http.txt";
import workerModule from "worker-module.txt";
import { serveAdminRequest } from "./pool/admin-request.ts";
import { Disk } from "./pool/disk.ts";
import type { EgressRule } from "./pool/egress.ts";
import { passOut } from "./pool/egress.ts";
import type { Fetcher, Host, RouterEnv, Socket } from "./pool/host.ts";
import { Pool } from "./pool/pool.ts";
import { serveProbeRequest } from "./pool/probe-request.ts";
import { serveUserRequest } from "./pool/user-request.ts";

declare const IdentityTransformStream: new () => TransformStream;
declare const WebSocketPair: new () => { readonly 0: Socket; readonly 1: Socket };

interface Context {
  readonly exports: { Egress(options: { readonly props: EgressProps }): Fetcher };
  waitUntil(promise: Promise<unknown>): void;
}

interface EgressProps {
  readonly rules: readonly EgressRule[];
}

/** One an isolate: workerd gives all entrypoints of this worker the same module, and nothing else in common. */
const pool = new Pool(Date.now);

export default {
  async fetch(request: Request, env: RouterEnv, ctx: Context): Promise<Response> {
    return serveUserRequest(pool, hostOf(env, ctx), request);
  },
};

export class Admin extends WorkerEntrypoint<RouterEnv> {
  fetch(request: Request): Promise<Response> {
    return serveAdminRequest(pool, hostOf(this.env, this.ctx), request);
  }
}

export class Probe extends WorkerEntrypoint<RouterEnv> {
  fetch(request: Request): Promise<Response> {
    return serveProbeRequest(pool, hostOf(this.env, this.ctx), request);
  }
}

/** Stands between functions and the network. It has no connect handler: no function gets a socket. */
export class Egress extends WorkerEntrypoint<RouterEnv, EgressProps> {
  fetch(request: Request): Promise<Response> {
    return passOut(this.env.NETWORK, this.ctx.props.rules, request);
  }
}

/** workerd shows the length of a stream to its own inspector only: under a symbol, which has no other name. */
const lengthSymbol = Object.getOwnPropertySymbols(ReadableStream.prototype).find(
  ({ description }) => description === "length",
);

function lengthOf(body: ReadableStream): bigint | undefined {
  return lengthSymbol === undefined ? undefined : (Reflect.get(body, lengthSymbol) as bigint | undefined);
}

function socketPair(): [client: Socket, server: Socket] {
  const { 0: client, 1: server } = new WebSocketPair();
  return [client, server];
}

function hostOf(env: RouterEnv, ctx: Context): Host {
  return {
    loader: env.LOADER,
    disk: new Disk(env.DATA, env.STATE),
    shims: { wasiCommand, wasiHttp, workerModule },
    drainSeconds: Number(env.DRAIN_SECONDS ?? 30),
    capSeconds: Number(env.CAP_SECONDS ?? 600),
    steadySeconds: Number(env.STEADY_SECONDS ?? 5),
    streams: { lengthOf, through: () => new IdentityTransformStream(), pair: socketPair },
    egress: (rules) => ctx.exports.Egress({ props: { rules } }),
    keepAlive: (work) => ctx.waitUntil(work.catch(() => undefined)),
  };
}
