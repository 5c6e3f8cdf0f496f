/** The reflector against the fake API server, with changes and faults in any order: it ends equal to the server. */
import * as fc from "fast-check";
import { KubeConfig } from "@kubernetes/client-node";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { type FakeApiServer, startFakeApiServer } from "../../test/kit/fake-apiserver/fake-api-server.ts";
import { answerWith, type Fault } from "../../test/kit/fake-apiserver/fault.ts";
import { FastClock } from "../../test/kit/fast-clock.ts";
import { ApiCaller } from "./api-caller.ts";
import { Connection } from "./connection.ts";
import { HttpKubeClient } from "./http-client.ts";
import { HttpListWatch } from "./http-list-watch.ts";
import type { ObjectEvent } from "./object-cache.ts";
import { type ConfigMap, configMaps } from "./objects.ts";
import { Reflector } from "./reflector.ts";
import { keyOf } from "./resource-events.ts";

type Step =
  | { readonly do: "set" | "delete" | "write"; readonly name: string }
  | { readonly do: "cut" | "compact" | "bookmark" | "pause" }
  | { readonly do: "fault"; readonly fault: Fault };

const html: Fault = {
  kind: "answer",
  code: 200,
  body: "<html>\n<body>Sign in</body>\n</html>\n",
  headers: { "content-type": "text/html" },
  commit: false,
};
const name = fc.constantFrom("a", "b", "c");
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.constant(html),
  fc.constant<Fault>({ kind: "drop", commit: false }),
  fc.constant(answerWith(500, "InternalError")),
  fc.constant(answerWith(410, "Expired")),
  fc.constant(answerWith(429, "TooManyRequests", { retryAfter: 1 })),
  fc.nat(400).map((bytes): Fault => ({ kind: "cut", bytes })),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("set" as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("write" as const), name }) },
  fc.record({
    do: fc.constantFrom("cut" as const, "compact" as const, "bookmark" as const, "pause" as const),
  }),
  fc.record({ do: fc.constant("fault" as const), fault }),
);

function setUp(server: FakeApiServer) {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig());
  const clock = new FastClock(500);
  const connection = new Connection({ kubeConfig, clock });
  const caller = new ApiCaller({ connection, clock });
  /** What a reader of the events believes. */
  const told = new Map<string, ConfigMap>();
  const wrong: string[] = [];
  const onEvent = (event: ObjectEvent<ConfigMap>): void => {
    const key = keyOf(event.object);
    if (event.type !== "deleted" && (event.type === "added") === told.has(key))
      wrong.push(`${event.type} ${key}`);
    if (event.type === "deleted") told.delete(key);
    else told.set(key, event.object);
  };
  const reflector = new Reflector<ConfigMap>({
    resource: configMaps,
    listWatch: new HttpListWatch({ caller, connection, timeoutMs: 300_000 }),
    clock,
    log: pino({ level: "silent" }),
    keepManagedFields: true,
    onEvent,
  });
  const client = new HttpKubeClient({ caller, timeoutMs: 300_000 });
  return { connection, reflector, client, told, wrong };
}

async function follow(steps: readonly Step[]): Promise<void> {
  const server = await startFakeApiServer();
  server.put(configMaps, { metadata: { namespace: "shop", name: "first" } });
  const { connection, reflector, client, told, wrong } = setUp(server);
  const faults: Fault[] = [];
  server.onRequest(({ verb }) => (verb === "list" || verb === "watch" ? faults.shift() : undefined));
  const stop = new AbortController();
  const running = reflector.run(stop.signal);
  let count = 0;
  const run = async (step: Step): Promise<void> => {
    count += 1;
    const ref = { namespace: "shop", name: "name" in step ? step.name : "" };
    const present = server.read(configMaps, ref) !== undefined;
    const data = { count: `zwölf 🙂 ${count}` };
    switch (step.do) {
      case "set":
        if (present) server.change(configMaps, ref, (live) => ({ ...live, data }));
        else server.put(configMaps, { metadata: ref, data });
        return;
      case "delete":
        return present ? server.remove(configMaps, ref) : undefined;
      case "write": {
        const written = await client.apply(configMaps, { metadata: ref, data });
        reflector.store.observe(written);
        expect(
          Number(reflector.store.get("shop", step.name)?.metadata.resourceVersion),
        ).toBeGreaterThanOrEqual(Number(written.metadata.resourceVersion));
        return;
      }
      case "cut":
        return server.cutWatches();
      case "compact":
        return server.compact();
      case "bookmark":
        return server.bookmark();
      case "pause":
        return await reflector.synced;
      case "fault":
        faults.push(step.fault);
    }
  };
  try {
    for (const step of steps) await run(step);
    await vi.waitFor(
      () => {
        const expected = new Map(server.readAll(configMaps).map((object) => [keyOf(object), object]));
        expect(new Map(reflector.store.list().map((object) => [keyOf(object), object]))).toEqual(expected);
        expect(told).toEqual(expected);
      },
      { timeout: 30_000, interval: 5 },
    );
    expect(wrong).toEqual([]);
  } finally {
    stop.abort(new Error("stopped"));
    await running;
    await connection.close();
    await server.stop();
  }
}

test("after any changes and faults the store and the told events equal the server", {
  timeout: 90_000,
}, async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 30 }), follow);
  await fc.assert(property, {
    seed: 2026,
    numRuns: 150,
    interruptAfterTimeLimit: 30_000,
    endOnFailure: true,
  });
});
