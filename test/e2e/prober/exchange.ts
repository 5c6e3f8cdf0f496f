/** Sends one request the way a careful client does. */
import { type Agent, request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
import type { ProberConfig, ProbeRequest } from "./config.ts";
import { isIdempotent, type Observation } from "./verdict.ts";

export interface Exchange {
  readonly seen: Observation;
  /** Sent a second time, because a kept connection had been closed by the other end. */
  readonly retried: boolean;
}

/**
 * Resolves with what a client sees, never rejects.
 * A server may close a kept connection in the moment a request leaves on it. Browsers, Go and undici then send an
 * idempotent request again on a new connection, and so does this: once, only when the connection was a used one and
 * nothing of an answer had come. Every other failure is reported as it is.
 */
export async function exchange(config: ProberConfig, request: ProbeRequest, agent: Agent): Promise<Exchange> {
  const first = await attempt(config, request, agent);
  if (!first.stale || !isIdempotent(request.method)) return { seen: first.seen, retried: false };
  const second = await attempt(config, request, false);
  return { seen: second.seen, retried: true };
}

interface Attempt {
  readonly seen: Observation;
  /** The connection was a kept one and broke before any answer. */
  readonly stale: boolean;
}

function attempt(config: ProberConfig, request: ProbeRequest, agent: Agent | false): Promise<Attempt> {
  const { method, path, body } = request;
  const headers: Record<string, string> = { ...request.headers };
  if (config.host !== undefined) headers["host"] = config.host;
  if (body !== undefined) headers["content-length"] = String(Buffer.byteLength(body));
  const signal = AbortSignal.timeout(config.timeout);
  return new Promise((resolve) => {
    const sending = httpRequest(new URL(path, config.origin), { method, agent, headers, signal });
    let sent = false;
    sending.on("finish", () => {
      sent = true;
    });
    const fail = (error: Error, stale: boolean): void => {
      const code = "code" in error ? String(error.code) : error.message;
      resolve({ seen: { error: signal.aborted ? `no answer in ${config.timeout} ms` : code, sent }, stale });
    };
    sending.on("error", (error) => fail(error, sending.reusedSocket && !signal.aborted));
    sending.on("response", (response) => {
      const servedBy = response.headers["served-by"]?.toString();
      text(response).then(
        (body) => resolve({ seen: { status: response.statusCode ?? 0, body, servedBy }, stale: false }),
        (error: Error) => fail(error, false),
      );
    });
    sending.end(body);
  });
}
