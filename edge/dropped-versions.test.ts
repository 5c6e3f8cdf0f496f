/** What workerd does with requests in flight when their version is dropped and its isolate freed. */
import { once } from "node:events";
import { WebSocket } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ports } from "../operator/api/v1alpha1/names.ts";
import { PushedPool, workerModule } from "../test/kit/pushed-pool.ts";
import type { Module } from "../test/kit/pushed-pool.ts";

const address = "127.62.0.2";
const echo = (comment: string) =>
  workerModule(`// ${comment}
    const passOn = () => new TransformStream({ transform: (chunk, out) => out.enqueue(chunk) });
    export default {
      async fetch(request) {
        switch (new URL(request.url).pathname) {
          case "/whole":
            return new Response(await request.text());
          case "/never":
            return new Promise(() => setTimeout(() => undefined, 3_600_000));
          case "/events": {
            const events = new TransformStream();
            const writer = events.writable.getWriter();
            const send = () => writer.write(new TextEncoder().encode("event")).then(() => scheduler.wait(50)).then(send);
            send().catch(() => undefined);
            return new Response(events.readable);
          }
          case "/stream":
            return new Response(request.body.pipeThrough(passOn()));
          default: {
            const [client, server] = Object.values(new WebSocketPair());
            server.accept();
            server.addEventListener("message", ({ data }) => server.send(data));
            return new Response(null, { status: 101, webSocket: client });
          }
        }
      },
    };`);

/** A request body that the test writes as it goes on. */
function openBody() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  return {
    init: { method: "POST", body: readable, duplex: "half" as const },
    write: (text: string) => writer.write(new TextEncoder().encode(text)),
    end: () => writer.close(),
  };
}

async function openSocket(version: string): Promise<WebSocket> {
  const headers = { "x-ebb-function": version };
  const socket = new WebSocket(`ws://${address}:${ports.poolHttp}/`, { headers });
  await once(socket, "open");
  return socket;
}

async function echoed(socket: WebSocket, text: string): Promise<unknown> {
  const answer = once(socket, "message");
  socket.send(text);
  const [event] = (await answer) as [{ readonly data: unknown }];
  return event.data;
}

describe("a version that is dropped and freed", () => {
  let world: PushedPool;

  async function replace(name: string, next: Readonly<Record<string, Module>>): Promise<void> {
    await world.push(next);
    await expect.poll(async () => (await world.probe(), (await world.ask(name, "/whole")).status)).toBe(503);
  }

  /** Each version is dropped with a WebSocket open, which ends after it. */
  async function swap(from: number, to: number): Promise<void> {
    for (let version = from; version < to; version += 1) {
      const name = `fn-a/v${version}`;
      const socket = await openSocket(name);
      await replace(name, { [`fn-a/v${version + 1}`]: echo(String(version + 1)) });
      expect(await echoed(socket, "after")).toBe("after");
      const closed = once(socket, "close");
      socket.close(1000);
      await closed;
    }
  }

  beforeEach(async () => {
    world = await PushedPool.start(address);
    await world.push({ "fn-a/v1": echo("1") });
  });

  afterEach(async () => {
    await world.stop();
  });

  it("still answers a request that it has taken", async () => {
    const body = openBody();
    const answer = world.ask("fn-a/v1", "/whole", body.init);
    await body.write("one");
    await replace("fn-a/v1", { "fn-a/v2": echo("2") });
    await body.write(" two");
    await body.end();
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([200, "one two"]);
  });

  it("goes on with a stream to its end", async () => {
    const body = openBody();
    const asked = world.ask("fn-a/v1", "/stream", body.init);
    await body.write("one");
    const response = await asked;
    await replace("fn-a/v1", { "fn-a/v2": echo("2") });
    await body.write(" two");
    await body.end();
    expect(await response.text()).toBe("one two");
  });

  it("goes on with a WebSocket until one side closes it", async () => {
    const socket = await openSocket("fn-a/v1");
    expect(await echoed(socket, "before")).toBe("before");
    await replace("fn-a/v1", { "fn-a/v2": echo("2") });
    expect(await echoed(socket, "after")).toBe("after");
    const closed = once(socket, "close");
    socket.close(1000);
    await closed;
  });

  it("gives its memory back when its last request has ended", async () => {
    await swap(1, 20);
    const before = await world.anonymousMegabytes();
    await swap(20, 100);
    // A version that stays costs about 2 MB.
    expect((await world.anonymousMegabytes()) - before).toBeLessThan(80 * 0.5);
  }, 120_000);
});

describe("a version that was dropped ten minutes ago", () => {
  let world: PushedPool;

  beforeEach(async () => {
    world = await PushedPool.start(address, { capSeconds: 1 });
    await world.push({ "fn-a/v1": echo("1") });
  });

  afterEach(async () => {
    await world.stop();
  });

  it("has its requests answered, its streams broken off and its WebSockets closed", async () => {
    const unanswered = world.ask("fn-a/v1", "/never");
    const upload = openBody();
    const unsent = world.ask("fn-a/v1", "/whole", upload.init);
    await upload.write("one");
    const events = (await world.ask("fn-a/v1", "/events")).text().catch(String);
    const socket = await openSocket("fn-a/v1");
    const closed = once(socket, "close");
    await world.push({ "fn-a/v2": echo("2") });
    for (const answer of [await unanswered, await unsent])
      expect([answer.status, answer.headers.get("x-ebb-reason")]).toEqual([503, "Drained"]);
    expect(await events).toContain("terminated");
    expect((await closed)[0]).toMatchObject({ code: 1001 });
    expect(await (await world.ask("fn-a/v2", "/whole", { method: "POST", body: "alive" })).text()).toBe(
      "alive",
    );
  });

  it("is not one that is published: that one's WebSockets go on", async () => {
    await world.push({ "fn-a/v1": echo("1"), "fn-b/v1": echo("b") });
    const [kept, dropped] = [await openSocket("fn-a/v1"), await openSocket("fn-b/v1")];
    const closed = once(dropped, "close");
    await world.push({ "fn-a/v1": echo("1") });
    await closed;
    expect(await echoed(kept, "on")).toBe("on");
    kept.close(1000);
  });
});
