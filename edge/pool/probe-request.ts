/** The kubelet's requests. */
import type { Host } from "./host.ts";
import type { Pool } from "./pool.ts";

/** `/livez`: the process answers. `/readyz`: a manifest is there and every load has been tried. */
export async function serveProbeRequest(pool: Pool, host: Host, request: Request): Promise<Response> {
  if (new URL(request.url).pathname !== "/readyz") return new Response("alive\n");
  await pool.ready(host);
  await pool.sweep(host);
  const { digest } = pool.report();
  return digest === "" ? new Response("no manifest yet\n", { status: 503 }) : new Response(`${digest}\n`);
}
