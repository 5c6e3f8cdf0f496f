/** How the fake gateway sends one request on: the weighted order of sides, and up to three more tries. */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import { reasonHeader } from "../../operator/api/v1alpha1/names.ts";
import {
  hopHeader,
  obeyedHeaderPrefixes,
  ownHeaderPrefix,
} from "../../operator/traffic/gateway/envoy-config.ts";
import { originReasons } from "../../operator/traffic/gateway/render-routes.ts";
import type { FakeConfig } from "./fake-gateway-config.ts";

export interface Target {
  readonly host: string;
  readonly port: number;
  /** Where it is spoken to over TLS. */
  readonly tls?: { readonly servername: string; readonly ca: string };
}

export type Resolve = (host: string, port: number) => readonly Target[];

export interface ProxyContext {
  readonly key: string;
  readonly config: FakeConfig;
  readonly resolve: Resolve;
  /** Which request of this function it is, from 1. */
  readonly count: number;
}

interface Side {
  readonly targets: readonly Target[];
  readonly headers: readonly string[];
}

const removed = [ownHeaderPrefix, ...obeyedHeaderPrefixes];
const tries = 4;
/** What the pool says when it has called nobody. */
const uncalled = new Set(["NotLoaded", "FunctionStalled"]);
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export function routeRequest(
  context: ProxyContext,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (String(request.headers[hopHeader] ?? "").includes(context.key)) {
      response.writeHead(508).end();
      return;
    }
    const attempts = orderOf(context, request).slice(0, tries);
    sendOn(attempts, request, Buffer.concat(chunks), response).catch((error: unknown) =>
      response.destroy(error as Error),
    );
  });
}

/** At most two hosts of the side that is first, then the other side. */
function orderOf(
  context: ProxyContext,
  request: IncomingMessage,
): { target: Target; headers: readonly string[] }[] {
  const { config, key, count } = context;
  const weights = config.routes.get(key)?.weights ?? [];
  const order = config.clusters.get(pick(weights, count))?.order ?? [];
  const sides = order.map((name) =>
    name === "origin" ? originSide(context, request) : edgeSide(context, name, request),
  );
  return sides.flatMap((side, index) => {
    const targets = index === 0 ? side.targets.slice(0, 2) : side.targets;
    return targets.map((target) => ({ target, headers: side.headers }));
  });
}

/** Spreads 100 requests over the clusters exactly by weight. */
function pick(weights: readonly { readonly name: string; readonly weight: number }[], count: number): string {
  const [first, second] = weights;
  const share = first?.weight ?? 0;
  const isFirst = Math.floor((count * share) / 100) > Math.floor(((count - 1) * share) / 100);
  return (isFirst ? first?.name : second?.name) ?? "";
}

function edgeSide({ config, key, resolve }: ProxyContext, name: string, request: IncomingMessage): Side {
  const { host = "", port = 0, isPublic = false } = config.clusters.get(name) ?? {};
  const added = Object.entries(config.routes.get(key)?.headers ?? {}).filter(
    ([header, value]) => header.startsWith(ownHeaderPrefix) && !value.includes("%"),
  );
  const asSent = transparent(request, key);
  const own = isPublic ? [...renamed(asSent, host), "x-ebb-host", request.headers.host ?? ""] : asSent;
  return { targets: resolve(host, port), headers: [...own, ...added.flat()] };
}

/** Names and values in turn, with host as Host. */
function renamed(headers: readonly string[], host: string): string[] {
  return headers.map((value, index) =>
    headers[index - 1]?.toLowerCase() === "host" && index % 2 === 1 ? host : value,
  );
}

function originSide({ config, key, resolve }: ProxyContext, request: IncomingMessage): Side {
  const name = config.routes.get(key)?.headers["x-ebb-origin"] ?? "";
  const { host = "", port = 0 } = config.clusters.get(name) ?? {};
  return { targets: resolve(host, port), headers: transparent(request, key) };
}

/** The client's own headers without Ebb's, and what a proxy adds. */
function transparent(request: IncomingMessage, key: string): string[] {
  const pairs: string[] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? "";
    if (!removed.some((prefix) => name.toLowerCase().startsWith(prefix)))
      pairs.push(name, request.rawHeaders[index + 1] ?? "");
  }
  const forwarded = request.headers["x-forwarded-for"] ?? request.socket.remoteAddress ?? "";
  if (request.headers["x-forwarded-for"] === undefined) pairs.push("x-forwarded-for", String(forwarded));
  return [...pairs, hopHeader, key];
}

async function sendOn(
  attempts: readonly { target: Target; headers: readonly string[] }[],
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  for (const { target, headers } of attempts) {
    const answer = await send(target, request, headers, body);
    if (answer === "unsent" || (answer === "reset" && idempotent.has(request.method ?? ""))) continue;
    if (answer === "reset") break;
    if (uncalled.has(String(answer.headers[reasonHeader]))) {
      answer.resume();
      continue;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    return;
  }
  response.writeHead(503, { [reasonHeader]: originReasons.unreachable }).end();
}

function send(
  { host, port, tls }: Target,
  request: IncomingMessage,
  headers: readonly string[],
  body: Buffer,
): Promise<IncomingMessage | "unsent" | "reset"> {
  return new Promise((resolve) => {
    const { method, url: path } = request;
    const call = (tls === undefined ? httpRequest : httpsRequest)({
      ...tls,
      host,
      port,
      method,
      path,
      headers: [...headers],
      agent: false,
      setHost: false,
    });
    call.once("response", resolve);
    call.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "ECONNREFUSED" ? "unsent" : "reset"),
    );
    call.end(body);
  });
}
