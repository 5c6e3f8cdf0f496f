/** Credentials and connections, with an authenticator that the test watches. */
import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/kit/manual-clock.ts";
import { answer, refuse, startScriptedServer } from "../../test/kit/scripted-server.ts";
import { Connection } from "./connection.ts";

class WatchedConfig extends KubeConfig {
  asked = 0;
  failing = false;

  override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    this.asked += 1;
    const token = `token-${this.asked}`;
    await super.applyToHTTPSOptions(options);
    if (this.failing) throw new Error("the plugin failed");
    options.headers = { Authorization: `Bearer ${token}` };
  }
}

async function setUp(status = 200) {
  const server = await startScriptedServer((_request, response) =>
    status === 200 ? answer(response, 200, {}) : refuse(response, status, "Unauthorized"),
  );
  const kubeConfig = new WatchedConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: "c", server: `${server.url}/prefix/`, skipTLSVerify: true },
    { name: "u" },
  );
  const clock = new ManualClock();
  const connection = new Connection({ kubeConfig, clock, userAgent: "ebb/1" });
  const get = async (signal = new AbortController().signal): Promise<number> => {
    const timeouts = { headersTimeoutMs: 5000, bodyTimeoutMs: 5000 };
    const request = {
      method: "GET",
      path: "/version",
      accept: "application/json",
      signal,
      ...timeouts,
    } as const;
    const reply = await connection.send(request);
    await reply.body.dump();
    return reply.statusCode;
  };
  return {
    server,
    kubeConfig,
    clock,
    get,
    async [Symbol.asyncDispose]() {
      await connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

test("calls at once ask the authenticator once, and the path of the server's URL is kept", async () => {
  await using world = await setUp();
  await Promise.all([world.get(), world.get(), world.get()]);
  expect(world.kubeConfig.asked).toBe(1);
  expect(world.server.requests.map((request) => request.path)).toEqual(Array(3).fill("/prefix/version"));
  expect(world.server.requests[0]?.headers).toMatchObject({
    authorization: "Bearer token-1",
    "user-agent": "ebb/1",
  });
});

test("credentials are asked for again after ten seconds, over the same connection", async () => {
  await using world = await setUp();
  await world.get();
  await world.clock.advance(9_000);
  await world.get();
  expect(world.kubeConfig.asked).toBe(1);
  await world.clock.advance(2_000);
  await world.get();
  expect(world.server.requests.at(-1)?.headers.authorization).toBe("Bearer token-2");
  expect(world.server.connections).toBeLessThanOrEqual(2);
});

test("401 makes the next call ask for credentials again", async () => {
  await using world = await setUp(401);
  expect(await world.get()).toBe(401);
  await world.get();
  expect(world.server.requests.map((request) => request.headers.authorization)).toEqual([
    "Bearer token-1",
    "Bearer token-2",
  ]);
});

test("a failed authenticator is asked again by the next call", async () => {
  await using world = await setUp();
  world.kubeConfig.failing = true;
  await expect(world.get()).rejects.toThrow("the plugin failed");
  world.kubeConfig.failing = false;
  expect(await world.get()).toBe(200);
});

test("a signal that has aborted sends nothing and asks for nothing", async () => {
  await using world = await setUp();
  await expect(world.get(AbortSignal.abort(new Error("fenced")))).rejects.toThrow("fenced");
  expect(world.server.requests).toEqual([]);
});

test("a kubeconfig without a cluster is an error that says so", async () => {
  const connection = new Connection({ kubeConfig: new KubeConfig(), clock: new ManualClock() });
  const { signal } = new AbortController();
  const request = {
    method: "GET",
    path: "/",
    accept: "*/*",
    signal,
    headersTimeoutMs: 1,
    bodyTimeoutMs: 1,
  } as const;
  await expect(connection.send(request)).rejects.toThrow("names no cluster");
});
