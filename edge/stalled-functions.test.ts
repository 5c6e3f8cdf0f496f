/** What becomes of a pool when a function never lets the thread go, or takes all memory: its process is killed. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ports } from "../operator/api/v1alpha1/names.ts";
import { PushedPool, workerModule } from "../test/kit/pushed-pool.ts";
import { tinyCommand } from "../test/kit/tiny-wasm.ts";

const address = "127.62.0.3";

const answering = (body: string) => workerModule(`export default { fetch: () => new Response("${body}") };`);
/** Holds on to the thread at `/loop`, to a request at `/wait`, and to memory. */
const looping = workerModule(`export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/loop") for (;;) {}
    if (pathname === "/objects") for (const kept = []; ; ) kept.push(new Array(100_000).fill(0.5));
    if (pathname === "/buffers") for (const kept = []; ; ) kept.push(new Uint8Array(1e7).fill(1));
    if (pathname === "/wait") await scheduler.wait(3_600_000);
    return new Response("x");
  },
};`);
const modules = { "fn-a/v1": answering("a"), "fn-b/v1": answering("b"), "fn-x/v1": looping };
const stalled = { loaded: false, reason: "FunctionStalled" };

async function isAlive(): Promise<boolean> {
  const answer = fetch(`http://${address}:${ports.poolProbe}/livez`, { signal: AbortSignal.timeout(500) });
  return answer.then(
    () => true,
    () => false,
  );
}

describe("a function that stalls the pool's process", () => {
  let world: PushedPool;

  /** Calls a function that takes memory without end, until the kernel ends the process, as it does at a pod's limit. */
  async function outgrow(name: string): Promise<void> {
    const asked = world.ask(name, "/buffers").catch((error: unknown) => error);
    await expect.poll(() => world.anonymousMegabytes(), { interval: 5 }).toBeGreaterThan(400);
    await world.pool.crash();
    expect(await asked).toBeInstanceOf(Error);
  }

  /** Calls a function that does not answer; once the process does not either, the kubelet kills it. */
  async function stall(name: string): Promise<void> {
    const asked = world.ask(name, "/loop").catch((error: unknown) => error);
    await expect.poll(isAlive, { timeout: 30_000 }).toBe(false);
    await world.pool.crash();
    expect(await asked).toBeInstanceOf(Error);
    await expect.poll(() => world.textOf("fn-a/v1").catch(() => "not yet")).toBe("a");
  }

  async function answerOf(name: string) {
    const answer = await world.ask(name);
    return [answer.status, answer.headers.get("x-ebb-reason")];
  }

  beforeEach(async () => {
    world = await PushedPool.start(address);
    await world.push(modules);
  });

  afterEach(async () => {
    await world.stop();
  });

  it("runs again after the first time, and not after the second; the others go on", async () => {
    await stall("fn-x/v1");
    expect(await answerOf("fn-x/v1")).toEqual([200, null]);
    await stall("fn-x/v1");
    expect(await answerOf("fn-x/v1")).toEqual([503, "FunctionStalled"]);
    const report = await world.push(modules);
    expect(report.versions.get("fn-x/v1")).toMatchObject(stalled);
    expect([await world.textOf("fn-a/v1"), await world.textOf("fn-b/v1")]).toEqual(["a", "b"]);
  });

  it("is told apart from those that are called all the time, and from those that wait", async () => {
    const stop = new AbortController();
    const busy = ["fn-a/v1", "fn-b/v1"].map(async (name) => {
      while (!stop.signal.aborted) await world.textOf(name).catch(() => undefined);
    });
    await world.push({ ...modules, "fn-w/v1": looping });
    for (let time = 1; time <= 2; time += 1) {
      const waiting = world.ask("fn-w/v1", "/wait").catch((error: unknown) => error);
      await stall("fn-x/v1");
      expect(await waiting).toBeInstanceOf(Error);
    }
    stop.abort();
    await Promise.all(busy);
    expect([
      await answerOf("fn-a/v1"),
      await answerOf("fn-b/v1"),
      await answerOf("fn-w/v1"),
      await answerOf("fn-x/v1"),
    ]).toEqual([
      [200, null],
      [200, null],
      [200, null],
      [503, "FunctionStalled"],
    ]);
  });

  it("comes back with a new version, and so does the old one when it was away", async () => {
    await stall("fn-x/v1");
    await stall("fn-x/v1");
    const next = { ...modules, "fn-x/v2": answering("x2") };
    expect((await world.push(next)).versions.get("fn-x/v2")).toEqual({ loaded: true });
    expect(await world.textOf("fn-x/v2")).toBe("x2");
    await world.push({ "fn-x/v2": answering("x2") });
    await world.push(next);
    expect(await answerOf("fn-x/v1")).toEqual([200, null]);
  });

  it("is one that takes all memory, too", async () => {
    await outgrow("fn-x/v1");
    expect(await answerOf("fn-x/v1")).toEqual([200, null]);
    await outgrow("fn-x/v1");
    expect(await answerOf("fn-x/v1")).toEqual([503, "FunctionStalled"]);
    expect(await world.textOf("fn-a/v1")).toBe("a");
  });

  it("ends the process by itself when its JavaScript objects take more than 128 MiB", async () => {
    const asked = world.ask("fn-x/v1", "/objects").catch((error: unknown) => error);
    await world.pool.ended();
    expect(await asked).toBeInstanceOf(Error);
    expect(world.pool.output()).toContain("heap out of memory");
    await world.pool.crash();
    expect([await answerOf("fn-x/v1"), await answerOf("fn-a/v1")]).toEqual([
      [200, null],
      [200, null],
    ]);
  });

  it("is not a command that grows its memory: it gets 128 MiB and no more, and nobody notices", async () => {
    const { pid } = world.pool;
    await world.push({ ...modules, "fn-m/v1": { abi: "WasiCommand", bytes: tinyCommand({ end: "fill" }) } });
    expect(await answerOf("fn-m/v1")).toEqual([500, "Trapped"]);
    expect(await answerOf("fn-m/v1")).toEqual([500, "Trapped"]);
    expect(await answerOf("fn-a/v1")).toEqual([200, null]);
    expect(world.pool.pid).toBe(pid);
    expect(await world.anonymousMegabytes()).toBeLessThan(300);
  });

  it("is not run where the operator says that it has stalled elsewhere", async () => {
    const report = await world.push(modules, { stalled: ["fn-x/v1"] });
    expect(report.versions.get("fn-x/v1")).toMatchObject(stalled);
    expect(await answerOf("fn-x/v1")).toEqual([503, "FunctionStalled"]);
    await world.pool.crash();
    await expect.poll(() => answerOf("fn-x/v1").catch(() => [])).toEqual([503, "FunctionStalled"]);
  });
});
