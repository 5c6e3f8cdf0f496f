/** The reflector against a server that keeps a history, and that misbehaves as each test says. */
import type { ServerResponse } from "node:http";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { FastClock } from "../../test/kit/fast-clock.ts";
import { answer, refuse, type ScriptedRequest, startScriptedServer } from "../../test/kit/scripted-server.ts";
import { ApiCaller } from "./api-caller.ts";
import { Connection } from "./connection.ts";
import { HttpListWatch } from "./http-list-watch.ts";
import type { ObjectEvent } from "./object-cache.ts";
import { type ConfigMap, configMaps } from "./objects.ts";
import { Reflector, type ReflectorOptions } from "./reflector.ts";
import type { KubeObject } from "./resource.ts";

interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: ConfigMap;
}

/** A server's history of one kind; its versions count from 100. */
class History {
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

async function setUp(history: History, options: Partial<ReflectorOptions<ConfigMap>> = {}) {
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

function historyOf(...names: string[]): History {
  const history = new History();
  for (const name of names) history.set(name, "1");
  return history;
}

const waitFor = async (check: () => void): Promise<void> => {
  await vi.waitFor(check, { timeout: 10_000, interval: 5 });
};

test("the list is read in pages, then watched from its version with bookmarks", async () => {
  const history = historyOf("a", "b", "c", "d", "e");
  await using world = await setUp(history, { random: () => 0.999 });
  await world.reflector.synced;
  expect(world.names()).toEqual(["a", "b", "c", "d", "e"]);
  expect(world.lists().map((request) => request.query.get("continue"))).toEqual([null, "2", "4"]);
  expect(world.events.every((event) => event.type === "added" && event.initial)).toBe(true);
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  expect(Object.fromEntries(world.watches()[0]?.query ?? [])).toEqual({
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: "105",
    timeoutSeconds: "330",
  });
});

test("changes come as events with the object before and after", async () => {
  const history = historyOf("a");
  await using world = await setUp(history);
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  history.set("b", "1");
  history.set("a", "2");
  history.delete("b");
  await waitFor(() => expect(world.events).toHaveLength(4));
  expect(world.told()).toEqual(["added a 1", "added b 1", "modified a 2", "deleted b gone"]);
  expect(world.events.map((event) => event.old?.data?.value)).toEqual([undefined, undefined, "1", "1"]);
  expect(world.events.map((event) => event.initial)).toEqual([true, false, false, false]);
  expect(world.events[0]?.object).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
});

test("managedFields are dropped unless they are asked for", async () => {
  await using dropping = await setUp(historyOf("a"));
  await dropping.reflector.synced;
  expect(dropping.reflector.store.get("shop", "a")?.metadata).not.toHaveProperty("managedFields");
  await using keeping = await setUp(historyOf("a"), { keepManagedFields: true });
  await keeping.reflector.synced;
  expect(keeping.reflector.store.get("shop", "a")?.metadata.managedFields).toEqual([{ manager: "tester" }]);
});

test("scope chooses namespace, labels and metadata only", async () => {
  const scope = { namespace: "shop", labelSelector: "a=b", metadataOnly: true };
  await using world = await setUp(historyOf("a"), { scope });
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  for (const request of world.server.requests) {
    expect(request.path).toBe("/api/v1/namespaces/shop/configmaps");
    expect(request.query.get("labelSelector")).toBe("a=b");
  }
  expect(world.server.requests.map((request) => request.headers.accept)).toEqual([
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
  ]);
  expect(world.reflector.store.get("shop", "a")?.kind).toBe("ConfigMap");
});

test("a watch that the server ends goes on from the last version, with nothing repeated", async () => {
  const history = historyOf("a");
  await using world = await setUp(history);
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  history.set("b", "1");
  await waitFor(() => expect(world.events).toHaveLength(2));
  history.endWatches();
  await waitFor(() => expect(world.watches()).toHaveLength(2));
  history.set("c", "1");
  await waitFor(() => expect(world.events).toHaveLength(3));
  expect(world.watches()[1]?.query.get("resourceVersion")).toBe("102");
  expect(world.lists()).toHaveLength(1);
});

test("a bookmark moves the version that the next watch starts from", async () => {
  const history = historyOf("a");
  await using world = await setUp(history);
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  history.send({ type: "BOOKMARK", object: { kind: "ConfigMap", metadata: { resourceVersion: "5000" } } });
  history.endWatches();
  await waitFor(() => expect(world.watches()).toHaveLength(2));
  expect(world.watches()[1]?.query.get("resourceVersion")).toBe("5000");
  expect(world.events).toHaveLength(1);
});

const expiry: [string, (response: ServerResponse) => void][] = [
  ["as a status", (response) => refuse(response, 410, "Expired")],
  [
    "as an event",
    (response) => {
      const object = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
      response.writeHead(200).end(`${JSON.stringify({ type: "ERROR", object })}\n`);
    },
  ],
];

test.each(expiry)("410 %s lists again and delivers the difference", async (_how, expire) => {
  const history = historyOf("same", "changed", "gone");
  await using world = await setUp(history);
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  let expired = false;
  history.interfere = (request, response) => {
    if (!request.query.has("watch") || expired) return false;
    expired = true;
    // What happens now is in the next list only.
    history.set("changed", "2");
    history.delete("gone");
    history.set("new", "1");
    expire(response);
    return true;
  };
  history.write = () => undefined;
  history.endWatches();
  await waitFor(() => expect(world.lists().length).toBeGreaterThanOrEqual(4));
  await waitFor(() => expect(world.events).toHaveLength(6));
  expect(world.told().slice(3)).toEqual(["deleted gone 1", "modified changed 2", "added new 1"]);
  expect(world.events.slice(3).every((event) => !event.initial)).toBe(true);
  expect(world.names()).toEqual(["changed", "new", "same"]);
});

const trouble: [string, (response: ServerResponse) => void][] = [
  ["500", (response) => refuse(response, 500, "InternalError")],
  ["401", (response) => refuse(response, 401, "Unauthorized")],
  ["a reset connection", (response) => response.socket?.resetAndDestroy()],
  [
    "HTML instead of JSON",
    (response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<html>\n<body>Sign in</body>\n</html>\n"),
  ],
  ["an empty answer", (response) => response.writeHead(200).end()],
  ["JSON that is no event", (response) => answer(response, 200, { hello: "world" })],
];

test.each(trouble)("it goes on after %s to list and to watch", async (_name, answerWith) => {
  const history = historyOf("a");
  let lists = 2;
  let watches = 2;
  history.interfere = (request, response) => {
    const left = request.query.has("watch") ? watches-- : lists--;
    if (left <= 0) return false;
    answerWith(response);
    return true;
  };
  await using world = await setUp(history);
  await world.reflector.synced;
  await waitFor(() => expect(world.watches().length).toBeGreaterThanOrEqual(3));
  history.set("b", "1");
  await waitFor(() => expect(world.names()).toEqual(["a", "b"]));
  expect(world.told()).toEqual(["added a 1", "added b 1"]);
});

test("failures back off from 0.8 to 30 seconds", async () => {
  const history = historyOf("a");
  history.interfere = (_request, response) => {
    refuse(response, 500, "InternalError");
    return true;
  };
  await using world = await setUp(history, { random: () => 0 });
  await waitFor(() => expect(world.failures.length).toBeGreaterThanOrEqual(7));
  const delays = world.clock.sleeps.filter((ms) => ms <= 30_000);
  expect(delays.slice(0, 7)).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
});

test("Retry-After of a list is waited for when it is longer than the backoff", async () => {
  const history = historyOf("a");
  let refused = false;
  history.interfere = (_request, response) => {
    if (refused) return false;
    refused = true;
    refuse(response, 503, "ServiceUnavailable", { "retry-after": "17" });
    return true;
  };
  await using world = await setUp(history);
  await world.reflector.synced;
  expect(world.clock.sleeps).toContain(17_000);
});

test("three failed watches in a row lead to a new list", async () => {
  const history = historyOf("a");
  await using world = await setUp(history);
  await world.reflector.synced;
  history.interfere = (request, response) => {
    if (!request.query.has("watch") || world.lists().length > 1) return false;
    refuse(response, 504, "Timeout");
    return true;
  };
  history.endWatches();
  await waitFor(() => expect(world.lists()).toHaveLength(2));
  expect(world.failures).toHaveLength(3);
});

test("a watch without a byte is given up and begun again", async () => {
  const history = historyOf("a");
  await using world = await setUp(history, { inactivityMs: 200 });
  await waitFor(() => expect(world.watches().length).toBeGreaterThanOrEqual(2));
  expect(world.failures[0]).toMatchObject({ name: "RequestError", code: "TIMEOUT" });
  expect(world.lists()).toHaveLength(1);
});

test("a handler that throws stops nothing", async () => {
  const history = historyOf("a", "b");
  const seen: string[] = [];
  const onEvent = (event: ObjectEvent<KubeObject>): void => {
    seen.push(event.object.metadata.name);
    throw new Error("handler");
  };
  await using world = await setUp(history, { onEvent });
  await world.reflector.synced;
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  history.set("c", "1");
  await waitFor(() => expect(seen).toEqual(["a", "b", "c"]));
});

test("it stops while it lists, while it watches and while it waits, and closes its watch", async () => {
  const silent = new History();
  silent.interfere = () => true;
  const failing = new History();
  failing.interfere = (_request, response) => {
    refuse(response, 500, "InternalError");
    return true;
  };
  for (const history of [silent, failing, historyOf("a")]) {
    const world = await setUp(history);
    await waitFor(() => expect(world.server.requests.length).toBeGreaterThanOrEqual(1));
    await world[Symbol.asyncDispose]();
    expect(world.server.requests.filter((request) => request.query.has("watch")).length).toBeLessThanOrEqual(
      1,
    );
  }
});

test("a stream cut at any byte, inside characters too, loses and repeats nothing", {
  timeout: 60_000,
}, async () => {
  const told = ["added a 1", "added é漢🙂 1", "modified a zwölf", "deleted é漢🙂 gone"];
  const streamed = new History();
  const play = (history: History): void => {
    history.set("é漢🙂", "1");
    history.set("a", "zwölf");
    history.delete("é漢🙂");
  };
  play(streamed);
  const length = Buffer.byteLength(streamed.changes.map((change) => `${JSON.stringify(change)}\n`).join(""));
  for (let cut = 0; cut <= length; cut += 7) {
    const history = historyOf("a");
    await using world = await setUp(history);
    await world.reflector.synced;
    await waitFor(() => expect(world.watches()).toHaveLength(1));
    history.write = (response, text) => {
      const bytes = Buffer.from(text);
      const isFirst = world.watches().length === 1;
      const already = sent;
      sent += bytes.length;
      if (!isFirst) response.write(bytes);
      else if (sent <= cut) response.write(bytes);
      else if (already <= cut) response.write(bytes.subarray(0, cut - already), () => response.destroy());
    };
    let sent = 0;
    play(history);
    await waitFor(() => expect(world.told()).toEqual(told));
    expect(world.names()).toEqual(history.names());
    expect(world.lists()).toHaveLength(1);
  }
});

test("a stream that comes in pieces of any size is read whole", async () => {
  for (const size of [1, 2, 3, 5, 13, 64]) {
    const history = historyOf("a");
    history.write = (response, text) => {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += size) response.write(bytes.subarray(at, at + size));
    };
    await using world = await setUp(history);
    await waitFor(() => expect(world.watches()).toHaveLength(1));
    history.set("é漢🙂", "zwölf");
    await waitFor(() => expect(world.told()).toEqual(["added a 1", "added é漢🙂 zwölf"]));
  }
});
