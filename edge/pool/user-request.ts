/** A user's request on its way to a function, and the answer back. */
import type { Host } from "./host.ts";
import type { Pool } from "./pool.ts";

const functionHeader = "x-ebb-function";
const reasonHeader = "x-ebb-reason";
const ownPrefix = "x-ebb-";

/**
 * The version is named by `x-ebb-function`. Answers in the function's place carry `x-ebb-reason`: `NotLoaded`
 * (503) and `Trapped` (500); no other `x-ebb-*` header passes in either direction.
 */
export async function serveUserRequest(pool: Pool, host: Host, request: Request): Promise<Response> {
  await pool.ready(host);
  const name = request.headers.get(functionHeader) ?? "";
  const isolate = pool.find(name);
  if (isolate === undefined) return refuse(503, "NotLoaded", "this function is not loaded here");
  const inner = forFunction(request);
  try {
    const response = await isolate.fetcher(host).fetch(inner);
    // The shim of a command takes the command's own x-ebb-* away, and may have set the reason itself.
    return isolate.entry.abi === "WasiCommand" ? response : withoutOwnHeaders(response);
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    host.keepAlive(pool.revive(host, name, isolate));
    return refuse(500, "Trapped", "the module failed to answer");
  }
}

function forFunction(request: Request): Request {
  const url = new URL(request.url);
  if (request.headers.get("x-forwarded-proto") === "https") url.protocol = "https:";
  const inner = new Request(url, request);
  for (const name of request.headers.keys()) if (name.startsWith(ownPrefix)) inner.headers.delete(name);
  return inner;
}

function withoutOwnHeaders(response: Response): Response {
  const own = [...response.headers.keys()].filter((name) => name.startsWith(ownPrefix));
  if (own.length === 0) return response;
  const clean = new Response(response.body, response);
  for (const name of own) clean.headers.delete(name);
  return clean;
}

function refuse(status: number, reason: string, message: string): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", [reasonHeader]: reason },
  });
}
