/** The fake gateway and the real Envoy behave the same where the operator and the fake cluster depend on it. */
import type { ServerResponse } from "node:http";
import { Client, request } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GatewayEntry } from "../../operator/traffic/gateway/entry.ts";
import { missingOf } from "../../operator/traffic/gateway/expectation.ts";
import { opsClient } from "../../operator/traffic/gateway/ops-client.ts";
import { renderConfig } from "../../operator/traffic/gateway/render-config.ts";
import { type Echo, type EchoServer, startEchoServer } from "../kit/echo-server.ts";
import { startFakeGateway } from "../kit/fake-gateway.ts";
import { gatewayEntry, testKey } from "../kit/gateway-entry.ts";
import { startRealGateway } from "../kit/real-gateway.ts";

interface Gateway {
  readonly address: string;
  apply(entries: readonly GatewayEntry[]): Promise<void>;
  stop(): Promise<void>;
}

const drainToken = "0f1e2d3c4b5a";

async function fake(address: string): Promise<Gateway> {
  let data = renderConfig([]);
  const gateway = await startFakeGateway({ address, readConfig: () => data, drainToken });
  const apply = async (entries: readonly GatewayEntry[]): Promise<void> => {
    data = renderConfig(entries);
    await gateway.refresh();
  };
  return { address, apply, stop: () => gateway.stop() };
}

const kinds = [
  { name: "fake gateway", address: "127.9.1.1", start: fake },
  {
    name: "Envoy",
    address: "127.9.1.2",
    start: (address: string) => startRealGateway({ address, drainToken }),
  },
];

describe.each(kinds)("$name", ({ address, start }) => {
  const ops = opsClient();
  let gateway: Gateway;
  let edge: EchoServer;
  let workload: EchoServer;

  beforeEach(async () => {
    gateway = await start(address);
    edge = await startEchoServer({ name: "edge", address, port: 8080 });
    workload = await startEchoServer({ name: "workload", address, port: 8000 });
  });
  afterEach(async () => {
    await Promise.all([gateway.stop(), edge.stop(), workload.stop()]);
  });

  /** Applies entry and waits until the gateway runs with it. */
  async function run(entry: GatewayEntry): Promise<void> {
    await gateway.apply([entry]);
    await expect.poll(async () => missingOf(await ops.read(address), entry)).toBeUndefined();
  }

  /** The edge says from now on what answer writes. */
  async function edgeAnswers(answer: (response: ServerResponse) => unknown): Promise<void> {
    await edge.stop();
    const says = (_: unknown, response: ServerResponse): boolean => {
      answer(response);
      return true;
    };
    edge = await startEchoServer({ name: "edge", address, port: 8080, answer: says });
  }

  async function send(
    method = "GET",
    headers: Record<string, string> = {},
  ): Promise<{ status: number; echo?: Echo }> {
    const answer = await request(`http://${address}:20000/cart?x=1`, {
      method,
      headers: { host: "shop.example", ...headers },
      ...(method === "POST" ? { body: "abc" } : {}),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) return { status: answer.statusCode };
    return { status: answer.statusCode, echo: JSON.parse(text) as Echo };
  }

  it("is ready when it has read its configuration", async () => {
    const answer = await request(`http://${address}:9902/ready`);
    await answer.body.dump();
    expect(answer.statusCode).toBe(200);
  });

  it("opens no port for a prepared function", async () => {
    await run(gatewayEntry(address, { stage: "prepared" }));
    const state = await ops.read(address);
    expect(state.listeners.has(testKey)).toBe(false);
    expect(state.routes.has(testKey)).toBe(false);
  });

  it("names its listener and the version of its routes", async () => {
    const entry = gatewayEntry(address);
    await run({ ...entry, stage: "prepared" });
    expect(missingOf(await ops.read(address), entry)).toBe(`listener ${testKey} is not open`);
    await run(entry);
    const other = gatewayEntry(address, { weight: 50 });
    expect(missingOf(await ops.read(address), other)).toMatch(
      /^routes are 100\.[0-9a-f]{12} instead of 50\./,
    );
  });

  it("sends all requests to the workload at weight 0 and to the edge at 100", async () => {
    await run(gatewayEntry(address, { weight: 0 }));
    expect((await send()).echo).toMatchObject({ server: "workload", url: "/cart?x=1" });
    await run(gatewayEntry(address, { weight: 100 }));
    expect((await send("POST")).echo).toMatchObject({ server: "edge", method: "POST", body: "abc" });
  });

  it("sends both their share in between", async () => {
    await run(gatewayEntry(address, { weight: 50 }));
    for (let sent = 0; sent < 100; sent += 1) await send();
    expect(edge.seen.length + workload.seen.length).toBe(100);
    expect(edge.seen.length).toBeGreaterThan(25);
    expect(workload.seen.length).toBeGreaterThan(25);
  });

  it("tells only the edge which function is meant, and lets no client say it", async () => {
    await run(gatewayEntry(address, { weight: 100 }));
    const atEdge = (await send("GET", { "X-Ebb-Function": "another/v1", "x-ebb-x": "1" })).echo;
    expect(valuesOf(atEdge, "x-ebb-function")).toEqual([`${testKey}/v1`]);
    expect(valuesOf(atEdge, "x-ebb-x")).toEqual([]);
    await run(gatewayEntry(address, { weight: 0 }));
    const atWorkload = (await send("GET", { "x-ebb-function": "another/v1" })).echo;
    expect(atWorkload?.rawHeaders.filter((name) => name.toLowerCase().startsWith("x-ebb-"))).toEqual([]);
    expect(valuesOf(atWorkload, "host")).toEqual(["shop.example"]);
  });

  it.each(["GET", "POST"])("takes the other side when one refuses %s", async (method) => {
    await run(gatewayEntry(address, { weight: 100 }));
    await edge.stop();
    expect((await send(method)).echo?.server).toBe("workload");
    edge = await startEchoServer({ name: "edge", address, port: 8080 });
    await run(gatewayEntry(address, { weight: 0 }));
    await workload.stop();
    expect((await send(method)).echo?.server).toBe("edge");
  });

  it("takes no orders from clients about tries and time limits", async () => {
    // With an address that Envoy may take for internal, and so trust.
    const orders = {
      "x-forwarded-for": "10.0.0.7",
      "x-envoy-max-retries": "2",
      "X-Envoy-Retry-On": "retriable-status-codes",
      "x-envoy-retriable-status-codes": "418",
      "x-envoy-hedge-on-per-try-timeout": "true",
      "x-envoy-expected-rq-timeout-ms": "1",
      "x-envoy-upstream-rq-timeout-ms": "1",
      "x-envoy-upstream-rq-per-try-timeout-ms": "1",
      "x-envoy-upstream-rq-timeout-alt-response": "1",
    };
    await edgeAnswers((response) => setTimeout(() => response.writeHead(418).end(), 100));
    await run(gatewayEntry(address));
    expect((await send("GET", orders)).status).toBe(418);
    expect(edge.seen).toHaveLength(1);
    expect(edge.seen[0]?.rawHeaders.filter((name) => name.toLowerCase().startsWith("x-envoy-"))).toEqual([]);
    await edge.stop();
    const { echo } = await send("GET", { ...orders, "x-envoy-original-path": "/x" });
    expect(echo?.server).toBe("workload");
    expect(echo?.rawHeaders.filter((name) => name.toLowerCase().startsWith("x-envoy-"))).toEqual([
      "x-envoy-original-path",
    ]);
  });

  it("says with a reason that neither side answers", async () => {
    await run(gatewayEntry(address));
    await Promise.all([edge.stop(), workload.stop()]);
    const answer = await request(`http://${address}:20000/`);
    await answer.body.dump();
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["x-ebb-reason"]).toBe("OriginUnreachable");
  });

  it.each([
    ["GET", "has not the version", "NotLoaded"],
    ["POST", "has not the version", "NotLoaded"],
    ["POST", "does not run the version any more", "FunctionStalled"],
  ])("takes the workload for a %s when the edge %s", async (method, _why, reason) => {
    await edgeAnswers((response) => response.writeHead(503, { "x-ebb-reason": reason }).end());
    await run(gatewayEntry(address));
    expect((await send(method)).echo?.server).toBe("workload");
  });

  it.each([
    ["a module's own 503", "GET", 503, {}],
    ["the 504 of a module that took too long", "GET", 504, { "x-ebb-reason": "RequestTimeout" }],
    ["the 500 of a module that trapped", "GET", 500, { "x-ebb-reason": "Trapped" }],
  ])("lets %s pass and asks nobody else", async (_what, method, status, headers) => {
    await edgeAnswers((response) => response.writeHead(status, headers).end());
    await run(gatewayEntry(address));
    expect((await send(method)).status).toBe(status);
    expect([edge.seen.length, workload.seen.length]).toEqual([1, 0]);
  });

  it("ends a loop with 508", async () => {
    await run(gatewayEntry(address));
    expect((await send("GET", { "x-forwarded-ebb": `fn-aaaaaaaaaa,${testKey}` })).status).toBe(508);
    expect((await send("GET", { "x-forwarded-ebb": "fn-aaaaaaaaaa" })).status).toBe(200);
  });

  it("takes no new connection once it closes a function", async () => {
    const entry = gatewayEntry(address);
    await run(entry);
    await send();
    await run({ ...entry, stage: "closing" });
    const client = new Client(`http://${address}:20000`);
    await expect(client.request({ method: "GET", path: "/" })).rejects.toThrow("ECONNREFUSED");
    await client.close();
    await expect
      .poll(async () => (await ops.read(address)).connections.get(testKey) ?? 0, { timeout: 30_000 })
      .toBe(0);
  });

  it("refuses to drain for a caller that does not know its token", async () => {
    for (const headers of [{}, { "x-ebb-drain": "guess" }]) {
      const answer = await request(`http://${address}:9902/drain`, { headers });
      await answer.body.dump();
      expect(answer.statusCode).toBe(403);
    }
  });
});

function valuesOf(echo: Echo | undefined, name: string): string[] {
  const raw = echo?.rawHeaders ?? [];
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name);
}
