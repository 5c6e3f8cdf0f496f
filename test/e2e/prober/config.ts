/** What a prober sends and what it expects back, parsed from JSON. */

/** The answer that a request must get; anything else is a wrong answer. */
interface Expectation {
  readonly status: number;
  /** The whole body as text. */
  readonly body: string;
}

export interface ProbeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly expect: Expectation;
}

export interface ProberConfig {
  /** Names the prober in its output. */
  readonly name: string;
  /** `http://host:port` without a path. */
  readonly origin: string;
  /** Host header, when it is not that of `origin`. */
  readonly host?: string;
  /** Requests a second, sent on time whether or not earlier ones are answered. */
  readonly rate: number;
  /** `keep-alive` shares connections, `close` opens one for each request, `mixed` takes turns. */
  readonly connections: "keep-alive" | "close" | "mixed";
  /** Sent in turn. */
  readonly requests: readonly ProbeRequest[];
  /** Milliseconds until an unanswered request counts as a transport error. */
  readonly timeout: number;
}

const connectionModes = ["keep-alive", "close", "mixed"] as const;

/** Errors: names the field that is missing or has the wrong type. */
export function parseConfig(text: string): ProberConfig {
  const config = object(JSON.parse(text), "config");
  const mode = connectionModes.find((mode) => mode === config["connections"]);
  if (mode === undefined) throw new Error(`config.connections must be one of ${connectionModes.join(", ")}`);
  const requests = config["requests"];
  if (!Array.isArray(requests) || requests.length === 0)
    throw new Error("config.requests must be a list with a request in it");
  return {
    name: string(config, "config", "name"),
    origin: new URL(string(config, "config", "origin")).origin,
    ...(config["host"] !== undefined && { host: string(config, "config", "host") }),
    rate: number(config, "config", "rate"),
    connections: mode,
    requests: requests.map((request, at) => parseRequest(request, `config.requests[${at}]`)),
    timeout: number(config, "config", "timeout"),
  };
}

function parseRequest(value: unknown, at: string): ProbeRequest {
  const request = object(value, at);
  const expect = object(request["expect"], `${at}.expect`);
  const headers = object(request["headers"] ?? {}, `${at}.headers`);
  return {
    method: string(request, at, "method"),
    path: string(request, at, "path"),
    headers: Object.fromEntries(
      Object.keys(headers).map((name) => [name, string(headers, `${at}.headers`, name)]),
    ),
    ...(request["body"] !== undefined && { body: string(request, at, "body") }),
    expect: {
      status: number(expect, `${at}.expect`, "status"),
      body: string(expect, `${at}.expect`, "body"),
    },
  };
}

function object(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${at} must be an object`);
  return value as Record<string, unknown>;
}

function string(from: Record<string, unknown>, at: string, field: string): string {
  const value = from[field];
  if (typeof value !== "string") throw new Error(`${at}.${field} must be a string`);
  return value;
}

function number(from: Record<string, unknown>, at: string, field: string): number {
  const value = from[field];
  if (typeof value !== "number" || !(value > 0)) throw new Error(`${at}.${field} must be a number above 0`);
  return value;
}
