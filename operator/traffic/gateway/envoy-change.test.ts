/** What clients of a real Envoy notice of changes to their function: nothing. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Agent, request } from "undici";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type EchoServer, startEchoServer } from "../../../test/kit/echo-server.ts";
import { gatewayEntry, testPath } from "../../../test/kit/gateway-entry.ts";
import { type RealGateway, startRealGateway } from "../../../test/kit/real-gateway.ts";
import type { GatewayEntry } from "./entry.ts";
import { missingOf } from "./expectation.ts";
import { opsClient } from "./ops-client.ts";
import { mostFunctions } from "./render-config.ts";

const address = "127.9.3.1";
const ops = opsClient();
const drainToken = "5f4e3d2c1b0a";

let gateway: RealGateway;
let servers: EchoServer[];
beforeEach(async () => {
  servers = await Promise.all([
    startEchoServer({ name: "edge", address, port: 8080 }),
    startEchoServer({ name: "edge", address, port: 8081 }),
    startEchoServer({ name: "workload", address, port: 8000 }),
  ]);
  gateway = await startRealGateway({ address, drainToken });
});
afterEach(async () => {
  await Promise.all([gateway, ...servers].map((server) => server.stop()));
});

async function run(...entries: readonly GatewayEntry[]): Promise<void> {
  await gateway.apply(entries);
  await expect
    .poll(async () => {
      const state = await ops.read(address);
      return entries.flatMap((entry) => missingOf(state, entry) ?? []);
    })
    .toEqual([]);
}

/** Sends requests over kept connections until the work is done; gives how often each status or error came. */
async function under(work: () => Promise<void>): Promise<{ counts: Record<string, number>; sent: number }> {
  const counts: Record<string, number> = {};
  const dispatcher = new Agent({ connections: 8 });
  const worked = new AbortController();
  const client = async (method: "GET" | "POST"): Promise<void> => {
    while (!worked.signal.aborted) {
      const body = method === "POST" ? { body: "abc" } : {};
      const result = await request(`http://${address}:20000/`, { dispatcher, method, ...body }).then(
        async (answer) => {
          await answer.body.dump();
          return String(answer.statusCode);
        },
        (error: Error) => error.message,
      );
      counts[result] = (counts[result] ?? 0) + 1;
    }
  };
  const clients = (["GET", "POST", "GET", "POST"] as const).map(client);
  await work();
  worked.abort();
  await Promise.all(clients);
  await dispatcher.close();
  return { counts, sent: Object.values(counts).reduce((sum, count) => sum + count, 0) };
}

it("answers every request while weight, version and edge change", async () => {
  const here = testPath(address);
  const there = { ...here, edge: { host: address, port: 8081 } };
  await run(gatewayEntry(address, { weight: 0 }));
  const { counts, sent } = await under(async () => {
    for (const weight of [0, 50, 100, 10, 100]) {
      for (const [from, to] of [
        [here, there],
        [there, here],
      ] as const) {
        const headers = { "x-ebb-function": `fn-0123456789/v${weight}` };
        const before = { weight, path: from, headers };
        await run(gatewayEntry(address, { route: before, paths: [from, to] }));
        await run(gatewayEntry(address, { route: { ...before, path: to }, paths: [from, to] }));
        await run(gatewayEntry(address, { route: { ...before, path: to }, paths: [to] }));
      }
    }
  });
  expect(counts).toEqual({ "200": sent });
  expect(sent).toBeGreaterThan(1000);
});

it("answers every request of one function while others come and go", async () => {
  const stays = gatewayEntry(address);
  const comes = gatewayEntry(address, { key: "fn-aaaaaaaaaa", port: 20_001 });
  await run(stays);
  const { counts, sent } = await under(async () => {
    for (let round = 0; round < 5; round += 1) {
      for (const stage of ["prepared", "serving", "closing"] as const) await run(stays, { ...comes, stage });
      await run(stays);
    }
  });
  expect(counts).toEqual({ "200": sent });
});

it("ends kept connections when its listener closes, each after an answer", async () => {
  const entry = gatewayEntry(address);
  await run(entry);
  const agent = new Agent({ connections: 1 });
  const send = async () => {
    const answer = await request(`http://${address}:20000/`, { dispatcher: agent });
    await answer.body.dump();
    return answer;
  };
  await send();
  await run({ ...entry, stage: "closing" });
  const connections = async () => (await ops.read(address)).connections.get(entry.key) ?? 0;
  expect(await connections()).toBe(1);
  // Envoy asks one connection after the other over its drain time.
  await expect.poll(async () => (await send()).headers["connection"], { timeout: 30_000 }).toBe("close");
  await expect.poll(connections).toBe(0);
  await agent.close();
});

it("drains for its own preStop hook: every request is answered, connections are asked to close", async () => {
  await run(gatewayEntry(address));
  const hook = new AbortController();
  const { counts, sent } = await under(async () => {
    const drained = request(`http://${address}:9902/drain`, {
      headers: { "x-ebb-drain": drainToken },
      signal: hook.signal,
    });
    await expect
      .poll(
        async () => {
          const answer = await request(`http://${address}:20000/`);
          await answer.body.dump();
          return answer.headers["connection"];
        },
        { timeout: 30_000 },
      )
      .toBe("close");
    // The hook holds the pod until its time is over.
    hook.abort();
    await expect(drained).rejects.toThrow("aborted");
  });
  expect(counts).toEqual({ "200": sent });
  const ready = await request(`http://${address}:9902/ready`);
  await ready.body.dump();
  expect(ready.statusCode).toBe(200);
});

it("is ready for one function while the edge of another has no address yet", async () => {
  const silent = createSocket("udp4");
  silent.bind(0, address);
  await once(silent, "listening");
  const nameServer = { address, port: silent.address().port };
  await gateway.stop();
  gateway = await startRealGateway({ address, drainToken, nameServer });
  const waits = gatewayEntry(address, {
    key: "fn-cccccccccc",
    port: 20_002,
    path: { edge: { host: "pool.test", port: 8080 }, origin: { address, port: 8000 } },
  });
  await gateway.apply([gatewayEntry(address), waits]);
  await expect
    .poll(async () => {
      const state = await ops.read(address);
      return [missingOf(state, gatewayEntry(address)), missingOf(state, waits)];
    })
    .toEqual([undefined, expect.stringMatching(/^cluster fn-cccccccccc\/edge\..* is not ready$/)]);
  silent.close();
});

it("counts what Envoy refuses by what it concerns", async () => {
  const entry = gatewayEntry(address);
  await run(entry);
  const headers = { "x-ebb-function": "%NOTHING%" };
  await gateway.apply([{ ...entry, route: { ...entry.route, headers } }]);
  await expect
    .poll(async () => Object.fromEntries((await ops.read(address)).rejected))
    .toEqual({ listeners: 0, clusters: 0, routes: 1 });
});

it("reports why Envoy refuses a listener", async () => {
  await run(gatewayEntry(address, { stage: "prepared" }));
  const taken = gatewayEntry(address, { key: "fn-bbbbbbbbbb", port: 9902 });
  await gateway.apply([taken]);
  await expect.poll(() => ops.rejections(address)).toEqual([expect.stringContaining("fn-bbbbbbbbbb")]);
});

it("opens a port for each of the most functions that a gateway holds", async () => {
  const entries = Array.from({ length: mostFunctions }, (_, index) =>
    gatewayEntry(address, { key: `fn-${index.toString(16).padStart(10, "0")}`, port: 20_000 + index }),
  );
  await gateway.apply(entries);
  await expect
    .poll(
      async () => {
        const state = await ops.read(address);
        return entries.flatMap((entry) => missingOf(state, entry) ?? []);
      },
      { timeout: 30_000 },
    )
    .toEqual([]);
  const answers = await Promise.all(entries.map(({ port }) => request(`http://${address}:${port}/`)));
  await Promise.all(answers.map(({ body }) => body.dump()));
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
});
