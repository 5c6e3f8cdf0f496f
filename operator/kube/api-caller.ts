/** One JSON call to an API server: time limit, fences, retries of what is safe to repeat, errors. */
import type { Dispatcher } from "undici";
import type { Clock } from "../api/clock.ts";
import { ApiError, RequestError } from "./api-error.ts";
import { openScope, TimedOut } from "./call-scope.ts";
import type { Connection, WireRequest } from "./connection.ts";
import type { Subresource } from "./kube-client.ts";
import type { Resource } from "./resource.ts";
import { Slots } from "./slots.ts";

export interface ApiCall {
  readonly method: WireRequest["method"];
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: { readonly type: string; readonly value: unknown };
  /** `application/json` unless given. */
  readonly accept?: string;
  readonly resource: Resource;
  readonly subresource?: Subresource;
}

export interface CallLimits {
  /** Milliseconds for the whole call, waits for Retry-After included. */
  readonly timeoutMs: number;
  /** Each of them ends the call. */
  readonly fences: readonly AbortSignal[];
}

/** One attempt of a call, for metrics. */
export interface RequestRecord {
  readonly method: string;
  readonly resource: string;
  readonly subresource: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly seconds: number;
}

export interface RequestHooks {
  onRequest(record: RequestRecord): void;
}

export interface ApiCallerOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly hooks?: RequestHooks;
}

/** Of one caller; more would only wait in the API server, and some of them for longer than their time limit. */
const callsAtOnce = 32;
const attemptsWhenThrottled = 10;
const attemptsWhenUnconnected = 4;
const unconnected = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

export class ApiCaller {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #hooks: RequestHooks | undefined;
  readonly #slots = new Slots(callsAtOnce);

  constructor(options: ApiCallerOptions) {
    this.#connection = options.connection;
    this.#clock = options.clock;
    this.#hooks = options.hooks;
  }

  /**
   * Waits for its turn first, for as long as that takes: no more calls are under way than an API server answers in time.
   * Errors: ApiError for an answer of 400 or more and for one that is no JSON, RequestError for none, a fence's reason.
   */
  async json(call: ApiCall, limits: CallLimits): Promise<unknown> {
    const leave = await this.#slots.take();
    try {
      return await this.#inTurn(call, limits);
    } finally {
      leave();
    }
  }

  async #inTurn(call: ApiCall, limits: CallLimits): Promise<unknown> {
    using scope = openScope(this.#clock, limits.timeoutMs, limits.fences);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(call, scope.signal, limits);
      } catch (error) {
        const wait = retryDelay(call, error, attempt);
        if (wait === undefined || wait >= scope.remaining()) throw error;
        await this.#clock.sleep(wait, scope.signal);
      }
    }
  }

  async #attempt(call: ApiCall, signal: AbortSignal, limits: CallLimits): Promise<unknown> {
    const started = this.#clock.now();
    let status = 0;
    try {
      const reply = await this.#connection.send({
        method: call.method,
        path: call.path + queryString(call.query),
        accept: call.accept ?? "application/json",
        ...(call.body && { body: { type: call.body.type, text: JSON.stringify(call.body.value) } }),
        signal,
        // Earlier than the limit, so that it is seen as what it is and the connection is left.
        headersTimeoutMs: Math.ceil(limits.timeoutMs * 0.8),
        bodyTimeoutMs: Math.ceil(limits.timeoutMs * 0.8),
      });
      status = reply.statusCode;
      return parseReply(call, reply, await reply.body.text());
    } catch (error) {
      throw describe(call, error, limits.fences);
    } finally {
      this.#hooks?.onRequest({
        method: call.method,
        resource: call.resource.plural,
        subresource: call.subresource ?? "",
        status,
        seconds: (this.#clock.now() - started) / 1000,
      });
    }
  }
}

/** Milliseconds to wait before call is sent again; undefined when it must not be. */
function retryDelay(call: ApiCall, error: unknown, attempt: number): number | undefined {
  if (error instanceof ApiError && error.status === 429 && error.retryAfter !== undefined) {
    return attempt < attemptsWhenThrottled ? error.retryAfter * 1000 : undefined;
  }
  if (error instanceof RequestError && call.method === "GET" && unconnected.has(error.code)) {
    return attempt < attemptsWhenUnconnected ? 50 * 2 ** attempt : undefined;
  }
  return undefined;
}

function parseReply(call: ApiCall, reply: Dispatcher.ResponseData, text: string): unknown {
  const json = parseJson(text);
  if (reply.statusCode >= 400) throw statusError(call, reply, json);
  if (json === undefined) {
    throw new ApiError(
      reply.statusCode,
      "NotJson",
      `${call.method} ${call.path}: answered ${reply.statusCode} with ${contentType(reply)} instead of JSON`,
    );
  }
  return json;
}

/** The ApiError of an answer of 400 or more; json is its parsed body, undefined when that was no JSON. */
export function statusError(
  call: Pick<ApiCall, "method" | "path">,
  reply: Pick<Dispatcher.ResponseData, "statusCode" | "headers">,
  json: unknown,
): ApiError {
  const status = isRecord(json) && json.kind === "Status" ? json : {};
  const reason = typeof status.reason === "string" ? status.reason : "";
  const message = typeof status.message === "string" ? status.message : `answered with ${contentType(reply)}`;
  const header = Number(reply.headers["retry-after"]);
  const retryAfter = reply.headers["retry-after"] !== undefined && header >= 0 ? header : undefined;
  const text = `${call.method} ${call.path}: ${reply.statusCode} ${message}`;
  return new ApiError(reply.statusCode, reason, text, retryAfter);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function contentType(reply: Pick<Dispatcher.ResponseData, "headers">): string {
  return String(reply.headers["content-type"] ?? "no content type");
}

function describe(
  call: Pick<ApiCall, "method" | "path">,
  error: unknown,
  fences: readonly AbortSignal[],
): unknown {
  if (error instanceof ApiError) return error;
  const fence = fences.find((signal) => signal.aborted);
  if (fence !== undefined) return fence.reason;
  return requestError(call, error);
}

/** The RequestError of whatever undici or the time limit threw. */
export function requestError(call: Pick<ApiCall, "method" | "path">, error: unknown): RequestError {
  const message = error instanceof Error ? error.message : String(error);
  return new RequestError(codeOf(error), `${call.method} ${call.path}: ${message}`, error);
}

function codeOf(error: unknown): string {
  if (error instanceof TimedOut) return "TIMEOUT";
  const code = isRecord(error) ? error.code : undefined;
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") return "TIMEOUT";
  return typeof code === "string" ? code : "";
}

/** `?a=b`, without what is undefined; empty when nothing is left. */
export function queryString(query: ApiCall["query"]): string {
  const pairs = Object.entries(query ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}
