/** Answers one request by one run of a WASI command. */
import { encodeTrap, trapHeader } from "../pool/traps.ts";
import { runCommand } from "../wasi/run-command.ts";
import { BadResponse, cgiResponse } from "./cgi-response.ts";
import { metaVariables } from "./meta-variables.ts";

/** Bytes of a request body, which is held in memory as stdin; a longer one is answered 413. */
const bodyLimit = 32 * 1024 * 1024;
/** Bytes of stderr that the router is given after a trap. */
const toldStderr = 16_384;

/**
 * `x-ebb-reason` says why there is no answer of the module: `Trapped` (trap, or an exit code other than 0),
 * `BadResponse` (its output is no CGI response), `BodyTooLarge`. `x-ebb-trap` is for the router alone. log takes what the module wrote to stderr.
 */
export async function serveCommand(
  module: WebAssembly.Module,
  request: Request,
  env: Readonly<Record<string, string>>,
  log: (text: string) => void,
): Promise<Response> {
  const stdin = await readBody(request);
  if (stdin === undefined) return refuse(413, "BodyTooLarge", "the request's body is longer than 32 MiB");
  const hasBody = request.body !== null;
  const result = runCommand(module, {
    args: ["app"],
    env: { ...env, ...metaVariables(request, hasBody ? stdin.length : undefined) },
    stdin,
  });
  if (result.stderr.length > 0) log(new TextDecoder().decode(result.stderr).trimEnd());
  if (result.trap !== undefined) return trapped(`the module trapped: ${result.trap}`, result.stderr);
  if (result.exitCode !== 0) return trapped(`the module exited with ${result.exitCode}`, result.stderr);
  try {
    return cgiResponse(result.stdout, request.method);
  } catch (error) {
    if (error instanceof BadResponse) return refuse(500, "BadResponse", error.message);
    throw error;
  }
}

/** undefined when the body passes the limit; what is left of it is not read. */
async function readBody(request: Request): Promise<Uint8Array | undefined> {
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > bodyLimit) return undefined;
    chunks.push(chunk);
  }
  const only = chunks[0];
  if (only !== undefined && chunks.length === 1) return only;
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

function trapped(message: string, stderr: Uint8Array): Response {
  const response = refuse(500, "Trapped", message);
  const told = new TextDecoder().decode(stderr.subarray(0, toldStderr));
  response.headers.set(trapHeader, encodeTrap({ message, stderr: told }));
  return response;
}

function refuse(status: number, reason: string, message: string): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-ebb-reason": reason },
  });
}
