/** ListWatch over HTTP. */
import { type ApiCaller, isRecord, parseJson, queryString, requestError, statusError } from "./api-caller.ts";
import { ApiError } from "./api-error.ts";
import type { Connection } from "./connection.ts";
import { lines } from "./lines.ts";
import type { ListWatch, Scope, WatchEvent, WatchStart } from "./list-watch.ts";
import { type ListPage, named, parseList, parseObject } from "./parse-object.ts";
import type { KubeObject, Resource } from "./resource.ts";
import { collectionPath } from "./resource-path.ts";

export interface HttpListWatchOptions {
  readonly caller: ApiCaller;
  readonly connection: Connection;
  /** Milliseconds a page, or the headers of a watch, may take; 30 s unless given. */
  readonly timeoutMs?: number;
}

const pageSize = "500";

export class HttpListWatch implements ListWatch {
  readonly #caller: ApiCaller;
  readonly #connection: Connection;
  readonly #timeoutMs: number;

  constructor(options: HttpListWatchOptions) {
    this.#caller = options.caller;
    this.#connection = options.connection;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
  }

  async page<T extends KubeObject>(
    resource: Resource<T>,
    scope: Scope,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<ListPage<T>> {
    const path = collectionPath(resource, scope.namespace);
    const query = { limit: pageSize, continue: token, ...selectors(scope) };
    const json = await this.#caller.json(
      { method: "GET", path, query, resource, accept: accept(scope, "PartialObjectMetadataList") },
      { timeoutMs: this.#timeoutMs, fences: [signal] },
    );
    return parseList(resource, path, json);
  }

  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    scope: Scope,
    start: WatchStart,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>, void, void> {
    const call = { method: "GET", path: collectionPath(resource, scope.namespace) } as const;
    const query = {
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: start.resourceVersion,
      timeoutSeconds: String(start.timeoutSeconds),
      ...selectors(scope),
    };
    try {
      const reply = await this.#connection.send({
        ...call,
        path: call.path + queryString(query),
        accept: accept(scope, "PartialObjectMetadata"),
        signal,
        headersTimeoutMs: this.#timeoutMs,
        bodyTimeoutMs: start.inactivityMs,
      });
      if (reply.statusCode >= 400) throw statusError(call, reply, parseJson(await reply.body.text()));
      for await (const line of lines(reply.body)) yield parseEvent(resource, call.path, line);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ApiError ? error : requestError(call, error);
    }
  }
}

function selectors(scope: Scope): Record<string, string | undefined> {
  return { labelSelector: scope.labelSelector, fieldSelector: scope.fieldSelector };
}

function accept(scope: Scope, kind: string): string {
  return scope.metadataOnly === true ? `application/json;as=${kind};g=meta.k8s.io;v=v1` : "application/json";
}

function parseEvent<T extends KubeObject>(resource: Resource<T>, path: string, line: string): WatchEvent<T> {
  const json = parseJson(line);
  if (!isRecord(json) || !isRecord(json.object)) throw notAnEvent(path);
  switch (json.type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED": {
      const object = parseObject(resource, path, json.object);
      return { type: json.type, object: named(resource, resource.kind || (object.kind ?? ""), object) };
    }
    case "BOOKMARK": {
      const version = isRecord(json.object.metadata) ? json.object.metadata.resourceVersion : undefined;
      if (typeof version !== "string") throw notAnEvent(path);
      return { type: "BOOKMARK", resourceVersion: version };
    }
    case "ERROR": {
      const code = typeof json.object.code === "number" ? json.object.code : 500;
      throw statusError({ method: "GET", path }, { statusCode: code, headers: {} }, json.object);
    }
    default:
      throw notAnEvent(path);
  }
}

function notAnEvent(path: string): ApiError {
  return new ApiError(200, "NotAnEvent", `GET ${path}: the watch sent a line that is no event`);
}
