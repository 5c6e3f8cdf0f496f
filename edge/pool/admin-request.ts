/** The operator's requests: artifacts and the manifest. */
import type { Host } from "./host.ts";
import { parsePush, sha256 } from "./manifest.ts";
import type { Orders, Pool } from "./pool.ts";

const artifactPath = /^\/artifacts\/([0-9a-f]{64})$/;

/**
 * `PUT|GET /artifacts/<hex digest>`, `PUT|GET /manifest`; anything else is 404. `PUT /manifest?retry=<key>/<version>`
 * also loads once more what has ended the process while it was loaded; `?stalled=<key>/<version>` tells of what other pods
 * have found stalled. `GET /trap?version=<key>/<version>` tells how a version failed the last time.
 */
export async function serveAdminRequest(pool: Pool, host: Host, request: Request): Promise<Response> {
  await pool.ready(host);
  await pool.sweep(host);
  const { pathname, searchParams } = new URL(request.url);
  const hex = artifactPath.exec(pathname)?.[1];
  if (hex !== undefined && request.method === "PUT") return putArtifact(host, hex, request);
  if (hex !== undefined && request.method === "GET") return getArtifact(host, hex);
  if (pathname === "/manifest" && request.method === "PUT")
    return putManifest(pool, host, request, {
      retry: searchParams.getAll("retry"),
      stalled: searchParams.getAll("stalled"),
    });
  if (pathname === "/manifest" && request.method === "GET") return Response.json(pool.report());
  if (pathname === "/trap" && request.method === "GET") return getTrap(pool, searchParams.get("version"));
  return Response.json({ message: "no such resource" }, { status: 404 });
}

async function putArtifact(host: Host, hex: string, request: Request): Promise<Response> {
  const bytes = await request.arrayBuffer();
  if ((await sha256(bytes)) !== hex) {
    return Response.json({ message: "the bytes do not have this digest" }, { status: 422 });
  }
  await host.disk.writeArtifact(hex, bytes);
  return new Response(null, { status: 204 });
}

async function getArtifact(host: Host, hex: string): Promise<Response> {
  const artifact = await host.disk.readArtifact(hex);
  return artifact ?? Response.json({ message: "no such artifact" }, { status: 404 });
}

function getTrap(pool: Pool, name: string | null): Response {
  const trap = pool.traps.latest(name ?? "");
  return trap === undefined ? Response.json({ message: "no trap" }, { status: 404 }) : Response.json(trap);
}

async function putManifest(pool: Pool, host: Host, request: Request, orders: Orders): Promise<Response> {
  const push = parsePush(await readJson(request));
  if (push === undefined) return Response.json({ message: "the body is no manifest" }, { status: 400 });
  const result = await pool.apply(host, push, orders);
  return Response.json(result, { status: "missing" in result ? 409 : 200 });
}

/** undefined when the body is no JSON. */
async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
