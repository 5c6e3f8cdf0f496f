/** A user's request on its way to a function, and the answer back. */
import { Answer } from "./answer.ts";
import type { Host } from "./host.ts";
import type { Isolate } from "./isolate.ts";
import type { Pool } from "./pool.ts";
import { decodeTrap, trapHeader } from "./traps.ts";
import { TimedOut, within } from "./within.ts";

const functionHeader = "x-ebb-function";
const reasonHeader = "x-ebb-reason";
const ownPrefix = "x-ebb-";
/** Bytes of what a module had written to standard error when it failed. */
const keptStderr = 4096;

/** A body that the module has compressed is not unpacked here, and packed again. */
const asItIs = { encodeResponseBody: "manual" } as RequestInit;

/**
 * The version is named by `x-ebb-function`. Answers in the function's place carry `x-ebb-reason`: `NotLoaded` and
 * `FunctionStalled` (503: not called), `Drained` (503: it took longer than a dropped version is kept), `RequestTimeout`
 * (504) and `Trapped` (500); no other `x-ebb-*` header passes in either direction.
 */
export async function serveUserRequest(pool: Pool, host: Host, request: Request): Promise<Response> {
  await pool.ready(host);
  const name = request.headers.get(functionHeader) ?? "";
  const isolate = pool.find(name);
  if (isolate === undefined) return absent(pool, name);
  const inner = forFunction(request);
  const answer = new Answer(
    await pool.running.enter(host, name),
    () => pool.isOver(isolate),
    host.capSeconds,
  );
  try {
    const fetcher = isolate.fetcher(host);
    const limit = isolate.entry.requestTimeoutMs;
    const call =
      limit === undefined
        ? fetcher.fetch(inner, asItIs)
        : within(limit, Date.now, (signal) => fetcher.fetch(inner, { ...asItIs, signal }));
    const response = await answer.headers(call);
    if (response === undefined) return tooLate();
    const hasShim = isolate.entry.abi !== "Worker";
    if (hasShim) noteTrap(pool, name, isolate, response);
    // The shim in front of WebAssembly takes the module's own x-ebb-* away, and may have set the reason itself.
    const keeps = (header: string) => hasShim && header === reasonHeader;
    return answer.withEnd(host, withoutOwnHeaders(response, keeps));
  } catch (error) {
    answer.end();
    if (error instanceof TimedOut) return timedOut();
    const message = isolate.redact(error instanceof Error ? error.message : String(error));
    console.error(`${name}: ${message}`);
    pool.traps.note(name, { message, stderr: "" });
    host.keepAlive(pool.revive(host, name, isolate));
    return refuse(500, "Trapped", "the module failed to answer");
  }
}

/** As with any answer of the module, no one tries again: it may have done its work. */
function timedOut(): Response {
  return refuse(504, "RequestTimeout", "the module took longer than spec.limits.requestTimeout allows");
}

/** The request was taken: no one may send it again in the belief that it was not. */
function tooLate(): Response {
  return refuse(503, "Drained", "this version is not published any more, and its time to answer is over");
}

function absent(pool: Pool, name: string): Response {
  return pool.running.isStalled(name)
    ? refuse(503, "FunctionStalled", "this function has stalled the process, or used up its memory, twice")
    : refuse(503, "NotLoaded", "this function is not loaded here");
}

function forFunction(request: Request): Request {
  const url = new URL(request.url);
  if (request.headers.get("x-forwarded-proto") === "https") url.protocol = "https:";
  const inner = new Request(url, request);
  for (const name of request.headers.keys()) if (name.startsWith(ownPrefix)) inner.headers.delete(name);
  return inner;
}

function noteTrap(pool: Pool, name: string, isolate: Isolate, response: Response): void {
  const header = response.headers.get(trapHeader);
  if (header === null) return;
  const { message, stderr } = decodeTrap(header);
  const told = new TextEncoder().encode(isolate.redact(stderr)).subarray(0, keptStderr);
  pool.traps.note(name, { message: isolate.redact(message), stderr: new TextDecoder().decode(told) });
}

function withoutOwnHeaders(response: Response, keeps: (header: string) => boolean): Response {
  const own = [...response.headers.keys()].filter((name) => name.startsWith(ownPrefix) && !keeps(name));
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
