/** A request to the API, parsed: which verb on which object of which kind. */
import type { IncomingMessage } from "node:http";
import { parse as parseYaml } from "yaml";
import { ApiFailure, badRequest, methodNotAllowed, noSuchPath } from "./api-failure.ts";
import type { Kind, KindIndex } from "./kind.ts";
import type { Actor } from "./storage.ts";

type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

export interface ApiRequest {
  /** Counts all requests of a server from 1. */
  readonly number: number;
  readonly verb: Verb;
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly contentType: string;
  readonly body: unknown;
  readonly actor: Actor;
}

const writes: readonly Verb[] = ["create", "update", "patch", "delete", "deletecollection"];

export function isWrite(request: ApiRequest): boolean {
  return request.kind.isQuestion !== true && writes.includes(request.verb);
}

interface Target {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Errors: 404 for paths that lead to no kind. */
function targetOf(path: string, kinds: KindIndex): Target {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  const [prefix, ...rest] = parts;
  const isCore = prefix === "api";
  if (!isCore && prefix !== "apis") throw noSuchPath();
  const group = isCore ? "" : (rest.shift() ?? "");
  const version = rest.shift() ?? "";
  const scoped = rest[0] === "namespaces" && rest.length > 2 && !isSubresourceOfNamespace(rest);
  const namespace = scoped ? rest[1] : undefined;
  const [plural = "", name, subresource, ...beyond] = scoped ? rest.slice(2) : rest;
  const kind = kinds.find(group, version, plural);
  if (kind === undefined || beyond.length > 0 || (scoped && !kind.namespaced)) throw noSuchPath();
  if (subresource !== undefined && !kind.subresources.some((known) => known === subresource))
    throw noSuchPath();
  return { kind, namespace, name, subresource };
}

function isSubresourceOfNamespace(rest: readonly string[]): boolean {
  return rest.length === 3 && (rest[2] === "status" || rest[2] === "finalize");
}

function verbOf(method: string, target: Target, query: URLSearchParams): Verb {
  const isObject = target.name !== undefined;
  const watches = query.get("watch") === "true" || query.get("watch") === "1";
  switch (method) {
    case "GET":
      return isObject ? "get" : watches ? "watch" : "list";
    case "POST":
      if (isObject && target.subresource === undefined) throw methodNotAllowed();
      return "create";
    case "DELETE":
      return isObject ? "delete" : "deletecollection";
    case "PUT":
    case "PATCH":
      if (!isObject) throw methodNotAllowed();
      return method === "PUT" ? "update" : "patch";
    default:
      throw methodNotAllowed();
  }
}

async function bodyOf(message: IncomingMessage, contentType: string): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk as Uint8Array));
  const text = Buffer.concat(chunks).toString("utf8");
  if (text === "") return undefined;
  try {
    return contentType.includes("yaml") ? parseYaml(text) : JSON.parse(text);
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized: ${error instanceof Error ? error.message : "no JSON"}`,
    );
  }
}

function actorOf(message: IncomingMessage, query: URLSearchParams): Actor {
  const agent = message.headers["user-agent"] ?? "unknown";
  const token = /^Bearer (.+)$/.exec(message.headers.authorization ?? "")?.[1];
  const reconcile = message.headers["x-ebb-reconcile"];
  return {
    manager: query.get("fieldManager") ?? agent.split("/")[0] ?? "unknown",
    ...(token === undefined ? {} : { token }),
    ...(typeof reconcile === "string" ? { reconcile } : {}),
  };
}

/** Reads a request to its end. Errors: ApiFailure for what the API does not know. */
export async function readRequest(
  message: IncomingMessage,
  kinds: KindIndex,
  number: number,
): Promise<ApiRequest> {
  const url = new URL(message.url ?? "/", "http://server");
  const contentType = message.headers["content-type"] ?? "";
  const body = await bodyOf(message, contentType);
  const target = targetOf(url.pathname, kinds);
  const verb = verbOf(message.method ?? "GET", target, url.searchParams);
  if (target.kind.namespaced && target.namespace === undefined && verb !== "list" && verb !== "watch") {
    throw verb === "create" || verb === "deletecollection" ? methodNotAllowed() : noSuchPath();
  }
  return {
    ...target,
    number,
    verb,
    query: url.searchParams,
    accept: message.headers.accept ?? "application/json",
    contentType,
    body,
    actor: actorOf(message, url.searchParams),
  };
}

/** A query parameter that is a whole number; undefined when absent. Errors: 400 when it is none. */
export function numberParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^\d+$/.test(text))
    throw new ApiFailure(400, "BadRequest", `${name}: Invalid value: ${JSON.stringify(text)}`);
  return Number(text);
}
