/** The HTTP side of the fake API server: reads requests, lets hooks break them, writes answers. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiFailure, statusBody } from "./api-failure.ts";
import { isWrite, readRequest, type ApiRequest } from "./api-request.ts";
import type { WriteRecord } from "./fake-api-server.ts";
import type { Fault, RequestHook } from "./fault.ts";
import type { JsonObject } from "./json.ts";
import type { KindIndex } from "./kind.ts";
import type { Answer } from "./request-handler.ts";
import type { Watches } from "./watches.ts";

export interface ListenerDeps {
  readonly kinds: KindIndex;
  readonly hooks: ReadonlySet<RequestHook>;
  readonly watches: Watches;
  readonly answer: (request: ApiRequest) => Answer;
}

export interface HttpListener {
  readonly url: string;
  readonly writes: readonly WriteRecord[];
  stop(): Promise<void>;
}

const plainPages: Readonly<Record<string, JsonObject | string>> = {
  "/version": { major: "1", minor: "37", gitVersion: "v1.37.2" },
  "/healthz": "ok",
  "/livez": "ok",
  "/readyz": "ok",
};

/** Resolves when it listens on a free port of 127.0.0.1. */
export async function startHttpListener(deps: ListenerDeps): Promise<HttpListener> {
  const writes: WriteRecord[] = [];
  let requests = 0;
  const server = createServer((message, response) => {
    requests += 1;
    void serve(deps, writes, requests, message, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    writes,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  deps: ListenerDeps,
  writes: WriteRecord[],
  number: number,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const page = plainPages[message.url ?? ""];
    if (page !== undefined) {
      send(response, 200, page);
      return;
    }
    answerRequest(deps, writes, await readRequest(message, deps.kinds, number), response);
  } catch (error) {
    if (message.destroyed && !message.complete) return;
    const failure = error instanceof ApiFailure ? error : internalError(error);
    send(response, failure.code, statusBody(failure), retryHeader(failure));
  }
}

function answerRequest(
  deps: ListenerDeps,
  writes: WriteRecord[],
  request: ApiRequest,
  response: ServerResponse,
): void {
  const fault = firstFault(deps.hooks, request);
  if (request.verb === "watch" && (fault === undefined || fault.kind === "cut")) {
    deps.watches.open(request, response, fault?.bytes);
    return;
  }
  const answer =
    fault === undefined || (fault.kind !== "cut" && fault.commit) ? attempt(deps, request) : undefined;
  if (isWrite(request)) {
    writes.push({ number: writes.length + 1, request, code: answer?.code ?? 0 });
  }
  if (fault !== undefined) breakOff(fault, response);
  else if (answer !== undefined) send(response, answer.code, answer.body, answer.headers);
}

function firstFault(hooks: ReadonlySet<RequestHook>, request: ApiRequest): Fault | undefined {
  for (const hook of hooks) {
    const fault = hook(request);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

type FullAnswer = Answer & { readonly headers: Readonly<Record<string, string>> };

function attempt(deps: ListenerDeps, request: ApiRequest): FullAnswer {
  try {
    return { ...deps.answer(request), headers: {} };
  } catch (error) {
    const failure = error instanceof ApiFailure ? error : internalError(error);
    return { code: failure.code, body: statusBody(failure), headers: retryHeader(failure) };
  }
}

function breakOff(fault: Fault, response: ServerResponse): void {
  if (fault.kind === "answer") response.writeHead(fault.code, fault.headers).end(fault.body);
  else if (fault.kind !== "hang") response.destroy();
}

function internalError(error: unknown): ApiFailure {
  const message = error instanceof Error ? (error.stack ?? error.message) : "no error object";
  return new ApiFailure(500, "InternalError", `Internal error occurred: ${message}`);
}

function retryHeader({ details }: ApiFailure): Readonly<Record<string, string>> {
  return details.retryAfterSeconds === undefined ? {} : { "retry-after": String(details.retryAfterSeconds) };
}

function send(
  response: ServerResponse,
  code: number,
  body: JsonObject | string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const isText = typeof body === "string";
  const contentType = isText ? "text/plain" : "application/json";
  response
    .writeHead(code, { "content-type": contentType, ...headers })
    .end(isText ? body : JSON.stringify(body));
}
