/**
 * The service as a process: listens on PORT, and on SIGTERM drains so that no request is lost.
 *
 * Draining: it goes on accepting and answering, since proxies learn of a leaving pod only after a while, but
 * every answer closes its connection. When no request came for `AUTH_DRAIN_QUIET_MS`, or after
 * `AUTH_DRAIN_LIMIT_MS`, it stops listening, finishes what is in flight and exits with 0.
 * The pod's grace period must be longer than that limit.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import { answer } from "./api.ts";
import { type Config, readConfig } from "./config.ts";

/** Longer than common proxies keep an unused connection, so that they close it and not we. */
const KEEP_ALIVE_MS = 120_000;

function start(config: Config): void {
  let quiet: NodeJS.Timeout | undefined;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    quiet?.refresh();
    void respond(request, response, config, () => quiet !== undefined);
  });
  const drain = (signal: string): void => {
    if (quiet) return;
    log("draining", { signal });
    // The open server keeps the process, not these timers: it ends with its last connection.
    quiet = setTimeout(() => stop(server), config.drain.quiet).unref();
    setTimeout(() => stop(server), config.drain.limit).unref();
  };
  process.on("SIGTERM", drain);
  process.on("SIGINT", drain);
  server.listen(config.port, () => {
    const address = server.address();
    log("listening", { port: typeof address === "object" ? address?.port : address });
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  config: Config,
  isDraining: () => boolean,
): Promise<void> {
  try {
    const { status, allow, cache, body } = await answer(request, config);
    const text = Buffer.from(JSON.stringify(body));
    response.statusCode = status;
    response.setHeader("content-type", "application/json");
    response.setHeader("content-length", text.length);
    response.setHeader("cache-control", cache);
    if (allow !== undefined) response.setHeader("allow", allow);
    if (config.servedBy !== undefined) response.setHeader("served-by", config.servedBy);
    if (isDraining()) response.setHeader("connection", "close");
    response.end(text);
    // What is left of a body that was refused is read and dropped, so that the client sees the answer.
    request.resume();
  } catch (error) {
    log("request failed", { error: String(error) });
    response.destroy();
  }
}

/** Stops listening, closes unused connections; the process ends with the last answer. */
function stop(server: Server): void {
  if (!server.listening) return;
  log("stopping", {});
  // Requests that have come while the process was busy are read first: closing their connections would reset them.
  setImmediate(() => server.close());
}

function log(msg: string, fields: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), msg, ...fields })}\n`);
}

try {
  start(readConfig(process.env));
} catch (error) {
  log("cannot start", { error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
