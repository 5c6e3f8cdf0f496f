/** Watch streams: history from a resource version, then every change, with bookmarks. */
import type { ServerResponse } from "node:http";
import { apiVersionOf } from "../../../operator/kube/resource.ts";
import { expired, statusBody } from "./api-failure.ts";
import { numberParameter, type ApiRequest } from "./api-request.ts";
import type { JsonObject, StoredObject } from "./json.ts";
import { predicateOf } from "./lists.ts";
import { representationFor, type Representation } from "./representation.ts";
import type { Predicate } from "./selectors.ts";
import { collectionOf, type Change, type Storage } from "./storage.ts";

interface Stream {
  readonly request: ApiRequest;
  readonly response: ServerResponse;
  readonly matches: Predicate;
  readonly representation: Representation;
  /** Bytes after which the stream breaks. */
  budget: number;
}

/** All open watches of a server. */
export class Watches {
  readonly #storage: Storage;
  readonly #streams = new Set<Stream>();
  readonly #unsubscribe: () => void;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#unsubscribe = storage.subscribe((change) => this.#publish(change));
  }

  /**
   * Starts a stream; a version that is compacted away is answered with an ERROR event of 410. The stream breaks after
   * budget bytes.
   */
  open(request: ApiRequest, response: ServerResponse, budget = Number.POSITIVE_INFINITY): void {
    const stream = {
      budget,
      request,
      response,
      matches: predicateOf(request.kind, request.query),
      representation: representationFor(request.accept),
    };
    const seconds = numberParameter(request.query, "timeoutSeconds");
    response.writeHead(200, { "content-type": "application/json", "transfer-encoding": "chunked" });
    response.flushHeaders();
    if (!this.#replay(stream)) return;
    this.#streams.add(stream);
    const timer = seconds === undefined ? undefined : setTimeout(() => response.end(), seconds * 1000);
    response.on("close", () => {
      clearTimeout(timer);
      this.#streams.delete(stream);
    });
  }

  /** Sends a bookmark on every stream that allows them. */
  bookmark(): void {
    for (const stream of this.#streams) {
      if (stream.request.query.get("allowWatchBookmarks") === "true") this.#sendBookmark(stream);
    }
  }

  /** Breaks open streams in the middle, as a restart of the server does: all, or those of one token. */
  cut(token?: string): void {
    for (const stream of this.#streams) {
      if (token !== undefined && stream.request.actor.token !== token) continue;
      stream.response.destroy();
      this.#streams.delete(stream);
    }
  }

  /** Ends every stream. */
  close(): void {
    this.#unsubscribe();
    this.cut();
  }

  /** Sends what the client has missed; false when the stream ended with that. */
  #replay(stream: Stream): boolean {
    const { query, kind, namespace } = stream.request;
    const version = query.get("resourceVersion") ?? "";
    const initial = query.get("sendInitialEvents") === "true";
    if (version === "" || version === "0" || initial) {
      const live = this.#storage.list(kind, namespace).filter(stream.matches);
      for (const object of live) send(stream, "ADDED", stream.representation.object(object));
      if (initial) this.#sendBookmark(stream, { "k8s.io/initial-events-end": "true" });
      return true;
    }
    const missed = this.#storage.since(kind, Number(version));
    if (missed === undefined) {
      const why = `too old resource version: ${version} (${this.#storage.compacted})`;
      send(stream, "ERROR", statusBody(expired(why)));
      stream.response.end();
      return false;
    }
    for (const change of missed) deliver(stream, change);
    return true;
  }

  #publish(change: Change): void {
    const collection = collectionOf(change.resource);
    for (const stream of this.#streams) {
      if (collectionOf(stream.request.kind) === collection) deliver(stream, change);
    }
  }

  #sendBookmark(stream: Stream, annotations?: JsonObject): void {
    const { kind } = stream.request;
    const metadata = { resourceVersion: String(this.#storage.revision), creationTimestamp: null };
    const marked = annotations === undefined ? metadata : { ...metadata, annotations };
    const type = { kind: kind.kind, apiVersion: apiVersionOf(kind) };
    send(stream, "BOOKMARK", { ...type, metadata: marked });
  }
}

/** An object that stops matching is DELETED for this stream, one that begins to is ADDED. */
function deliver(stream: Stream, change: Change): void {
  const { namespace } = stream.request;
  if (namespace !== undefined && change.object.metadata.namespace !== namespace) return;
  const before = change.before !== undefined && stream.matches(change.before);
  const after = change.type !== "DELETED" && stream.matches(change.object);
  if (!before && !after) return;
  const type = !after ? "DELETED" : before ? "MODIFIED" : "ADDED";
  send(stream, type, stream.representation.object(lastSeen(change, after)));
}

/** What leaves a selection is shown as it was, at the version of the change. */
function lastSeen({ object, before, type }: Change, matchesNow: boolean): StoredObject {
  if (matchesNow || type === "DELETED" || before === undefined) return object;
  return {
    ...before,
    metadata: { ...before.metadata, resourceVersion: object.metadata.resourceVersion ?? "" },
  };
}

function send(stream: Stream, type: string, object: JsonObject): void {
  const line = Buffer.from(`${JSON.stringify({ type, object })}\n`);
  if (line.length <= stream.budget) {
    stream.budget -= line.length;
    stream.response.write(line);
    return;
  }
  stream.response.write(line.subarray(0, stream.budget), () => stream.response.destroy());
  stream.budget = 0;
}
