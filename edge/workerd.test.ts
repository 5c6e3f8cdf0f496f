/** What only the real engine can show. The protocol itself is in test/contract/pool.test.ts. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ports } from "../operator/api/v1alpha1/names.ts";
import type { VersionEntry } from "../operator/provider/workerd/manifest.ts";
import { PoolClient } from "../operator/provider/workerd/pool-client.ts";
import type { PoolReport } from "../operator/provider/workerd/pool-report.ts";
import { createPoolTls } from "../test/kit/pool-tls.ts";
import { startRealPool } from "../test/kit/real-pool.ts";
import type { RealPool } from "../test/kit/real-pool.ts";
import { tinyCommand } from "../test/kit/tiny-wasm.ts";

const address = "127.62.0.1";

interface Module {
  readonly abi: "WasiCommand" | "Worker";
  readonly bytes: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

const worker = (source: string): Module => ({ abi: "Worker", bytes: new TextEncoder().encode(source) });
const answering = (body: string) => worker(`export default { fetch: () => new Response("${body}") };`);
const cgi = (stdout: string): Module => ({ abi: "WasiCommand", bytes: tinyCommand({ stdout }) });
const example = (path: string) => readFile(new URL(`../wasm-modules/${path}`, import.meta.url));
const ask = (version: string, path = "/", init: { method?: string; body?: Blob } = {}) =>
  fetch(`http://${address}:${ports.poolHttp}${path}`, {
    redirect: "manual",
    ...init,
    headers: { "x-ebb-function": version },
  });
const textOf = async (version: string, path = "/") => (await ask(version, path)).text();
const probe = () => fetch(`http://${address}:${ports.poolProbe}/readyz`);

describe("the pool in workerd", () => {
  let pool: RealPool;
  let client: PoolClient;

  /** functions by `<key>/<version>`. */
  async function push(modules: Readonly<Record<string, Module>>): Promise<PoolReport> {
    const functions: Record<string, Record<string, VersionEntry>> = {};
    for (const [name, { abi, bytes, env = {} }] of Object.entries(modules)) {
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      await client.putArtifact(address, digest, bytes);
      const [key = "", version = ""] = name.split("/");
      functions[key] = { ...functions[key], [version]: { abi, digest, env } };
    }
    const report = await client.putManifest(address, { functions });
    if ("missing" in report) throw new Error("artifacts are missing");
    return report;
  }

  async function swap(from: number, to: number): Promise<void> {
    for (let version = from; version < to; version += 1) {
      await push({ [`fn-a/v${version}`]: answering(String(version)) });
      expect(await textOf(`fn-a/v${version}`)).toBe(String(version));
    }
  }

  beforeEach(async () => {
    const tls = await createPoolTls("shop");
    pool = await startRealPool({ address, tls, drainSeconds: 0 });
    client = new PoolClient("shop", { serverAuthority: tls.serverAuthority.certificate, ...tls.client });
  });

  afterEach(async () => {
    await client.close();
    await pool.stop();
  });

  it("changes versions 30 times under load without an error", async () => {
    const problems: string[] = [];
    let current = "v0";
    let answers = 0;
    const stop = new AbortController();
    await push({ "fn-a/v0": answering("v0"), "fn-b/v1": cgi("Content-Type: text/plain\n\nv1") });
    const load = Array.from({ length: 8 }, async (_, index) => {
      while (!stop.signal.aborted) {
        const version = index < 4 ? `fn-a/${current}` : "fn-b/v1";
        const answer = await ask(version);
        const body = await answer.text();
        answers += 1;
        if (answer.status !== 200 || !version.endsWith(index < 4 ? body : "v1"))
          problems.push(`${answer.status} ${body}`);
      }
    });
    for (let swap = 1; swap <= 30; swap += 1) {
      const next = `v${swap}`;
      await push({
        [`fn-a/${current}`]: answering(current),
        [`fn-a/${next}`]: answering(next),
        "fn-b/v1": cgi("Content-Type: text/plain\n\nv1"),
      });
      const before = answers;
      current = next;
      // As the gateway does it: no request of the old version is under way any more when it is dropped.
      await expect.poll(() => answers).toBeGreaterThan(before + 16);
      await push({ [`fn-a/${next}`]: answering(next), "fn-b/v1": cgi("Content-Type: text/plain\n\nv1") });
    }
    stop.abort();
    await Promise.all(load);
    expect(problems).toEqual([]);
  }, 120_000);

  it("answers a request in flight though its version is dropped and freed", async () => {
    const slow = worker(`export default {
      async fetch() {
        const { readable, writable } = new TransformStream();
        const write = async () => {
          const writer = writable.getWriter();
          for (let part = 0; part < 20; part += 1) {
            await writer.write(new TextEncoder().encode("x"));
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
          await writer.close();
        };
        const done = write();
        return new Response(readable);
      },
    };`);
    await push({ "fn-a/v1": slow });
    const answer = await ask("fn-a/v1");
    await push({ "fn-a/v2": answering("v2") });
    await expect.poll(async () => (await probe(), (await ask("fn-a/v1")).status)).toBe(503);
    expect(await answer.text()).toBe("x".repeat(20));
  });

  it("gives the memory of dropped versions back", async () => {
    await swap(0, 20);
    const before = await anonymousMegabytes(pool.pid);
    await swap(20, 120);
    // A version that stays costs about 2 MB.
    expect((await anonymousMegabytes(pool.pid)) - before).toBeLessThan(100 * 0.5);
  }, 120_000);

  it("lets no module reach the network", async () => {
    const curious = worker(`import { connect } from "cloudflare:sockets";
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
    await push({ "fn-a/v1": curious });
    expect([await textOf("fn-a/v1", "/fetch"), await textOf("fn-a/v1", "/connect")]).toEqual([
      "refused",
      "refused",
    ]);
  });

  it("starts a module again that has ended its own isolate", async () => {
    const source = `import { abortIsolate } from "cloudflare:workers";
      export default {
        fetch: (request) => (request.url.endsWith("/end") ? abortIsolate("mine") : new Response("alive")),
      };`;
    await push({ "fn-a/v1": worker(source), "fn-b/v1": answering("b") });
    expect((await ask("fn-a/v1", "/end")).status).toBe(500);
    expect(await textOf("fn-b/v1")).toBe("b");
    await expect.poll(() => textOf("fn-a/v1")).toBe("alive");
  });

  it("leaves out a module that has ended the process twice while it was loaded", async () => {
    const modules = { "fn-a/v1": answering("a"), "fn-x/v1": worker("for (;;) {}\nexport default {};") };
    await push({ "fn-a/v1": modules["fn-a/v1"] });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const hanging = push(modules).catch((error: unknown) => error);
      await expect.poll(isAlive, { timeout: 10_000 }).toBe(false);
      await pool.crash();
      expect(await hanging).toBeInstanceOf(Error);
      await expect.poll(() => textOf("fn-a/v1").catch(() => "not yet")).toBe("a");
    }
    const report = await push(modules);
    expect(report.versions.get("fn-x/v1")).toMatchObject({ loaded: false, reason: "LoadCrashed" });
    expect(report.versions.get("fn-a/v1")).toEqual({ loaded: true });
  });

  it("sends redirects, HEAD and empty answers as they are", async () => {
    await push({
      "fn-a/redirect": cgi("Location: /there\n\n"),
      "fn-a/empty": cgi("Status: 204 No Content\n\n"),
      "fn-a/head": cgi("Content-Type: text/plain\nContent-Length: 5\n\nhello"),
      "fn-a/worker": worker(`export default { fetch: () => Response.redirect("http://example.com/") };`),
    });
    const redirect = await ask("fn-a/redirect");
    expect([redirect.status, redirect.headers.get("location")]).toEqual([302, "/there"]);
    expect((await ask("fn-a/worker")).headers.get("location")).toBe("http://example.com/");
    expect((await ask("fn-a/empty")).status).toBe(204);
    const head = await ask("fn-a/head", "/", { method: "HEAD" });
    expect([head.headers.get("content-length"), await head.text()]).toEqual(["5", ""]);
  });

  it("serves the example modules", async () => {
    await push({
      "fn-a/v1": {
        abi: "WasiCommand",
        bytes: await example("auth/auth.wasm"),
        env: { AUTH_KEY: "a key of thirty-two bytes or more" },
      },
      "fn-h/v1": { abi: "Worker", bytes: await example("hello/hello.js") },
    });
    expect(await textOf("fn-h/v1", "/?name=Ebb")).toBe("Hello, Ebb!\n");
    expect((await ask("fn-a/v1", "/healthz")).status).toBe(200);
    const hash = await ask("fn-a/v1", "/v1/passwords/hash", {
      method: "POST",
      body: new Blob([`{"password":"correct horse"}`], { type: "application/json" }),
    });
    expect([hash.status, await hash.text()]).toEqual([200, expect.stringContaining("$argon2id$")]);
  });
});

async function anonymousMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** As the kubelet sees it, with a shorter patience. */
async function isAlive(): Promise<boolean> {
  const answer = fetch(`http://${address}:${ports.poolProbe}/livez`, { signal: AbortSignal.timeout(300) });
  return answer.then(
    () => true,
    () => false,
  );
}
