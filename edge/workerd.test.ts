/** What only the real engine can show. The protocol itself is in test/contract/pool.test.ts. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { WebSocket } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ports } from "../operator/api/v1alpha1/names.ts";
import { writeWorkerBundle } from "../operator/api/worker-bundle.ts";
import { PushedPool, workerModule } from "../test/kit/pushed-pool.ts";
import type { Module } from "../test/kit/pushed-pool.ts";
import { tinyCommand } from "../test/kit/tiny-wasm.ts";

const address = "127.62.0.1";

const answering = (body: string) => workerModule(`export default { fetch: () => new Response("${body}") };`);
const cgi = (stdout: string): Module => ({ abi: "WasiCommand", bytes: tinyCommand({ stdout }) });
const example = (path: string) => readFile(new URL(`../wasm-modules/${path}`, import.meta.url));

describe("the pool in workerd", () => {
  let world: PushedPool;

  async function swap(from: number, to: number): Promise<void> {
    for (let version = from; version < to; version += 1) {
      await world.push({ [`fn-a/v${version}`]: answering(String(version)) });
      expect(await world.textOf(`fn-a/v${version}`)).toBe(String(version));
    }
  }

  beforeEach(async () => {
    world = await PushedPool.start(address);
  });

  afterEach(async () => {
    await world.stop();
  });

  it("changes versions 30 times under load without an error", async () => {
    const problems: string[] = [];
    let current = "v0";
    let answers = 0;
    const stop = new AbortController();
    await world.push({ "fn-a/v0": answering("v0"), "fn-b/v1": cgi("Content-Type: text/plain\n\nv1") });
    const load = Array.from({ length: 8 }, async (_, index) => {
      while (!stop.signal.aborted) {
        const version = index < 4 ? `fn-a/${current}` : "fn-b/v1";
        const answer = await world.ask(version);
        const body = await answer.text();
        answers += 1;
        if (answer.status !== 200 || !version.endsWith(index < 4 ? body : "v1"))
          problems.push(`${answer.status} ${body}`);
      }
    });
    for (let swap = 1; swap <= 30; swap += 1) {
      const next = `v${swap}`;
      await world.push({
        [`fn-a/${current}`]: answering(current),
        [`fn-a/${next}`]: answering(next),
        "fn-b/v1": cgi("Content-Type: text/plain\n\nv1"),
      });
      const before = answers;
      current = next;
      // As the gateway does it: no request of the old version is under way any more when it is dropped.
      await expect.poll(() => answers).toBeGreaterThan(before + 16);
      await world.push({
        [`fn-a/${next}`]: answering(next),
        "fn-b/v1": cgi("Content-Type: text/plain\n\nv1"),
      });
    }
    stop.abort();
    await Promise.all(load);
    expect(problems).toEqual([]);
  }, 120_000);

  it("gives the memory of dropped versions back", async () => {
    await swap(0, 20);
    const before = await world.anonymousMegabytes();
    await swap(20, 120);
    // A version that stays costs about 2 MB.
    expect((await world.anonymousMegabytes()) - before).toBeLessThan(100 * 0.5);
  }, 120_000);

  it("keeps little of requests that have ended", async () => {
    await world.push({ "fn-a/v1": answering("a") });
    const request = async (times: number) => {
      const each = async () => {
        for (let time = 0; time < times / 8; time += 1) await world.textOf("fn-a/v1");
      };
      await Promise.all(Array.from({ length: 8 }, each));
    };
    await request(4000);
    const before = await world.anonymousMegabytes();
    await request(4000);
    // Uncollected it is about 16 KB a request.
    expect((await world.anonymousMegabytes()) - before).toBeLessThan(45);
  }, 240_000);

  it("lets no module reach the network", async () => {
    const curious = workerModule(`import { connect } from "cloudflare:sockets";
      const tries = {
        "/fetch": () => fetch("http://${address}:${ports.poolProbe}/livez"),
        "/connect": () => connect("${address}:${ports.poolProbe}").opened,
      };
      export default {
        async fetch(request) {
          try {
            await tries[new URL(request.url).pathname]();
            return new Response("out");
          } catch {
            return new Response("refused");
          }
        },
      };`);
    await world.push({ "fn-a/v1": curious });
    expect([await world.textOf("fn-a/v1", "/fetch"), await world.textOf("fn-a/v1", "/connect")]).toEqual([
      "refused",
      "refused",
    ]);
  });

  it("starts a module again that has ended its own isolate", async () => {
    const source = `import { abortIsolate } from "cloudflare:workers";
      export default {
        fetch: (request) => (request.url.endsWith("/end") ? abortIsolate("mine") : new Response("alive")),
      };`;
    await world.push({ "fn-a/v1": workerModule(source), "fn-b/v1": answering("b") });
    expect((await world.ask("fn-a/v1", "/end")).status).toBe(500);
    expect(await world.textOf("fn-b/v1")).toBe("b");
    await expect.poll(() => world.textOf("fn-a/v1")).toBe("alive");
  });

  it("leaves out a module that has ended the process twice while it was loaded", async () => {
    const modules = { "fn-a/v1": answering("a"), "fn-x/v1": workerModule("for (;;) {}\nexport default {};") };
    await world.push({ "fn-a/v1": modules["fn-a/v1"] });
    const crash = async (retry: readonly string[]) => {
      const hanging = world.push(modules, { retry }).catch((error: unknown) => error);
      await expect.poll(isAlive, { timeout: 30_000 }).toBe(false);
      await world.pool.crash();
      expect(await hanging).toBeInstanceOf(Error);
      await expect.poll(() => world.textOf("fn-a/v1").catch(() => "not yet")).toBe("a");
    };
    const left = { loaded: false, reason: "LoadCrashed" };
    await crash([]);
    await crash([]);
    const report = await world.push(modules);
    expect(report.versions.get("fn-x/v1")).toMatchObject(left);
    expect(report.versions.get("fn-a/v1")).toEqual({ loaded: true });
    // Told to try again, it has one attempt.
    await crash(["fn-x/v1"]);
    expect((await world.push(modules)).versions.get("fn-x/v1")).toMatchObject(left);
  });

  it("sends redirects, HEAD and empty answers as they are", async () => {
    await world.push({
      "fn-a/redirect": cgi("Location: /there\n\n"),
      "fn-a/empty": cgi("Status: 204 No Content\n\n"),
      "fn-a/head": cgi("Content-Type: text/plain\nContent-Length: 5\n\nhello"),
      "fn-a/worker": workerModule(
        `export default { fetch: () => Response.redirect("http://example.com/") };`,
      ),
    });
    const redirect = await world.ask("fn-a/redirect");
    expect([redirect.status, redirect.headers.get("location")]).toEqual([302, "/there"]);
    expect((await world.ask("fn-a/worker")).headers.get("location")).toBe("http://example.com/");
    expect((await world.ask("fn-a/empty")).status).toBe(204);
    const head = await world.ask("fn-a/head", "/", { method: "HEAD" });
    expect([head.headers.get("content-length"), await head.text()]).toEqual(["5", ""]);
  });

  it("keeps the length of an answer that has one", async () => {
    const text = "x".repeat(1000);
    await world.push({ "fn-a/v1": answering(text), "fn-b/v1": cgi(`Content-Type: text/plain\n\n${text}`) });
    for (const name of ["fn-a/v1", "fn-b/v1"]) {
      const answer = await world.ask(name);
      expect(answer.headers.get("content-length")).toBe("1000");
      expect(await answer.text()).toBe(text);
    }
  });

  it("passes streams and WebSockets on as they are", async () => {
    const source = `const gzip = (text) => new Response(text).body.pipeThrough(new CompressionStream("gzip"));
      export default {
        fetch(request) {
          if (request.headers.get("upgrade") !== "websocket")
            return new Response(gzip("text"), { headers: { "content-encoding": "gzip" }, encodeBody: "manual" });
          const [client, server] = Object.values(new WebSocketPair());
          server.accept();
          server.binaryType = "arraybuffer";
          server.addEventListener("message", ({ data }) => server.send(data));
          server.addEventListener("close", ({ code, reason }) => server.close(code, reason));
          return new Response(null, { status: 101, webSocket: client, headers: { "sec-websocket-protocol": "chat" } });
        },
      };`;
    await world.push({ "fn-a/v1": workerModule(source) });
    const answer = await world.ask("fn-a/v1");
    expect([answer.headers.get("content-encoding"), await answer.text()]).toEqual(["gzip", "text"]);
    const headers = { "x-ebb-function": "fn-a/v1" };
    const url = `ws://${address}:${ports.poolHttp}/`;
    const socket = new WebSocket(url, { protocols: ["chat"], headers });
    socket.binaryType = "arraybuffer";
    const messages: unknown[] = [];
    socket.addEventListener("message", ({ data }) => messages.push(data));
    await once(socket, "open");
    socket.send("text");
    socket.send(Uint8Array.from([1, 2, 3]));
    await expect.poll(() => messages).toEqual(["text", Uint8Array.from([1, 2, 3]).buffer]);
    const closed = once(socket, "close");
    socket.close(4001, "enough");
    expect((await closed)[0]).toMatchObject({ code: 4001, reason: "enough" });
    expect(socket.protocol).toBe("chat");
  });

  it("gives a bundle its own date and flags, and says which it does not know", async () => {
    const source = `import { Buffer } from "node:buffer";
      export default { fetch: () => new Response(Buffer.from("flag").toString("hex")) };`;
    const bundle = (compatibilityDate: string, ...compatibilityFlags: string[]): Module => ({
      abi: "Worker",
      bytes: writeWorkerBundle({
        compatibilityDate,
        compatibilityFlags,
        modules: [["app.js", new TextEncoder().encode(source)]],
      }),
    });
    const report = await world.push({
      "fn-a/v1": bundle("2024-01-01", "nodejs_compat"),
      "fn-a/v2": bundle("2024-01-01"),
      "fn-a/v3": bundle("2099-01-01", "nodejs_compat"),
      "fn-a/v4": bundle("2024-01-01", "flag_of_tomorrow"),
    });
    expect(await world.textOf("fn-a/v1")).toBe("666c6167");
    const problem = (version: string) => {
      const state = report.versions.get(version);
      return state?.loaded === false ? state.message : undefined;
    };
    expect(problem("fn-a/v2")).toMatch(/node:buffer/);
    expect(problem("fn-a/v3")).toMatch(/2099-01-01/);
    expect(problem("fn-a/v4")).toMatch(/flag_of_tomorrow/);
  });

  it("serves the example modules", async () => {
    await world.push({
      "fn-a/v1": {
        abi: "WasiCommand",
        bytes: await example("auth/auth.wasm"),
        env: { AUTH_KEY: "a key of thirty-two bytes or more" },
      },
      "fn-h/v1": { abi: "Worker", bytes: await example("hello/hello.js") },
    });
    expect(await world.textOf("fn-h/v1", "/?name=Ebb")).toBe("Hello, Ebb!\n");
    expect((await world.ask("fn-a/v1", "/healthz")).status).toBe(200);
    const hash = await world.ask("fn-a/v1", "/v1/passwords/hash", {
      method: "POST",
      body: new Blob([`{"password":"correct horse"}`], { type: "application/json" }),
    });
    expect([hash.status, await hash.text()]).toEqual([200, expect.stringContaining("$argon2id$")]);
  });
});

async function isAlive(): Promise<boolean> {
  const answer = fetch(`http://${address}:${ports.poolProbe}/livez`, { signal: AbortSignal.timeout(300) });
  return answer.then(
    () => true,
    () => false,
  );
}
