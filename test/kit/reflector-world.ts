/** A reflector of ConfigMaps and the server it watches: one that keeps a history, and misbehaves as a test says. */
import type { ServerResponse } from "node:http";
import { pino } from "pino";
import { vi } from "vitest";
import { ApiCaller } from "../../operator/kube/api-caller.ts";
import { Connection } from "../../operator/kube/connection.ts";
import { HttpListWatch } from "../../operator/kube/http-list-watch.ts";
import type { ObjectEvent } from "../../operator/kube/object-cache.ts";
import { type ConfigMap, configMaps } from "../../operator/kube/objects.ts";
import { Reflector, type ReflectorOptions } from "../../operator/kube/reflector.ts";
import { FastClock } from "./fast-clock.ts";
import { answer, type ScriptedRequest, startScriptedServer } from "./scripted-server.ts";

interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: ConfigMap;
}

/** A server's history of one kind; its versions count from 100. */
export class History {
  readonly changes: Change[] = [];
  readonly #watches = new Set<ServerResponse>();
  readonly #objects = new Map<string, ConfigMap>();
  /** Answers a request in place of the history when it returns true. */
  interfere: (request: ScriptedRequest, response: ServerResponse) => boolean = () => false;
  /** Writes to a watch; the default writes everything at once. */
  write: (response: ServerResponse, text: string) => void = (response, text) => void response.write(text);

  get version(): number {
    return 100 + this.changes.length;
  }

  readonly serve = (request: ScriptedRequest, response: ServerResponse): void => {
    if (this.interfere(request, response)) return;
    if (request.query.has("watch")) this.#serveWatch(request, response);
    else this.#serveList(request, response);
  };

  set(name: string, value: string): void {
    const type = this.#objects.has(name) ? "MODIFIED" : "ADDED";
    this.#push(type, configMap(name, value, this.version + 1), true);
  }

  delete(name: string): void {
    this.#push("DELETED", configMap(name, "gone", this.version + 1), false);
  }

  names(): string[] {
    return [...this.#objects.keys()].toSorted();
  }

  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  send(event: unknown): void {
    for (const watch of this.#watches) this.write(watch, `${JSON.stringify(event)}\n`);
  }

  #push(type: Change["type"], object: ConfigMap, present: boolean): void {
    if (present) this.#objects.set(object.metadata.name, object);
    else this.#objects.delete(object.metadata.name);
    this.changes.push({ type, object });
    this.send({ type, object });
  }

  #serveWatch(request: ScriptedRequest, response: ServerResponse): void {
    const since = Number(request.query.get("resourceVersion")) - 100;
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    this.#watches.add(response);
    response.on("close", () => this.#watches.delete(response));
    const missed = this.changes.slice(since).map((change) => `${JSON.stringify(change)}\n`);
    if (missed.length > 0) this.write(response, missed.join(""));
  }

  #serveList(request: ScriptedRequest, response: ServerResponse): void {
    const all = [...this.#objects.values()];
    const from = Number(request.query.get("continue") ?? 0);
    const to = from + 2;
    const metadata = {
      resourceVersion: String(this.version),
      ...(to < all.length && { continue: String(to) }),
    };
    answer(response, 200, { kind: "ConfigMapList", apiVersion: "v1", metadata, items: all.slice(from, to) });
  }
}

function configMap(name: string, value: string, version: number): ConfigMap {
  const managedFields = [{ manager: "tester" }];
  return {
    metadata: {
      namespace: "shop",
      name,
      uid: `uid-${name}`,
      resourceVersion: String(version),
      managedFields,
    },
    data: { value },
  };
}

/** The reflector runs until it is disposed of. */
export async function setUp(history: History, options: Partial<ReflectorOptions<ConfigMap>> = {}) {
  const server = await startScriptedServer(history.serve);
  const clock = new FastClock(500);
  const connection = new Connection({ kubeConfig: server.kubeConfig, clock });
  const caller = new ApiCaller({ connection, clock });
  const stop = new AbortController();
  const events: ObjectEvent<ConfigMap>[] = [];
  const failures: unknown[] = [];
  const reflector = new Reflector<ConfigMap>({
    resource: configMaps,
    listWatch: new HttpListWatch({ caller, connection, timeoutMs: 300_000 }),
    clock,
    log: pino({ level: "silent" }),
    onEvent: (event) => events.push(event),
    hooks: { onFailure: (_resource, error) => failures.push(error) },
    ...options,
  });
  const running = reflector.run(stop.signal);
  return {
    server,
    clock,
    reflector,
    events,
    failures,
    names: () =>
      reflector.store
        .list()
        .map((object) => object.metadata.name)
        .toSorted(),
    lists: () => server.requests.filter((request) => !request.query.has("watch")),
    watches: () => server.requests.filter((request) => request.query.has("watch")),
    told: () =>
      events.map((event) => `${event.type} ${event.object.metadata.name} ${event.object.data?.value}`),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("stopped"));
      await running;
      await connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

export function historyOf(...names: string[]): History {
  const history = new History();
  for (const name of names) history.set(name, "1");
  return history;
}

export const waitFor = async (check: () => void): Promise<void> => {
  await vi.waitFor(check, { timeout: 30_000, interval: 5 });
};
