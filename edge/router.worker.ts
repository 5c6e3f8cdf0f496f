/** The worker that owns the pool's three sockets: users' requests, the operator's, and the kubelet's probes. */
import { WorkerEntrypoint } from "cloudflare:workers";
import { serveAdminRequest } from "./pool/admin-request.ts";
import { Disk } from "./pool/disk.ts";
import type { Host, RouterEnv } from "./pool/host.ts";
import { Pool } from "./pool/pool.ts";
import { serveUserRequest } from "./pool/user-request.ts";

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

/** One an isolate: workerd gives all entrypoints of this worker the same module, and nothing else in common. */
const pool = new Pool(Date.now);

export default {
  async fetch(request: Request, env: RouterEnv, ctx: Context): Promise<Response> {
    const host = hostOf(env, ctx);
    await pool.ready(host);
    return serveUserRequest(pool, host, request);
  },
};

export class Admin extends WorkerEntrypoint<RouterEnv> {
  fetch(request: Request): Promise<Response> {
    return serveAdminRequest(pool, hostOf(this.env, this.ctx), request);
  }
}

/** `/livez`: the process answers. `/readyz`: a manifest is there and every load has been tried. */
export class Probe extends WorkerEntrypoint<RouterEnv> {
  async fetch(request: Request): Promise<Response> {
    const host = hostOf(this.env, this.ctx);
    if (new URL(request.url).pathname !== "/readyz") return new Response("alive\n");
    await pool.ready(host);
    await pool.sweep(host);
    const { digest } = pool.report();
    return digest === "" ? new Response("no manifest yet\n", { status: 503 }) : new Response(`${digest}\n`);
  }
}

function hostOf(env: RouterEnv, ctx: Context): Host {
  return {
    loader: env.LOADER,
    disk: new Disk(env.DATA),
    drainSeconds: Number(env.DRAIN_SECONDS ?? 30),
    keepAlive: (work) => ctx.waitUntil(work.catch(() => undefined)),
  };
}
