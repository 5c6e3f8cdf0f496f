import { request } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BuiltModules, builtModules } from "../../../test/kit/built-modules.ts";
import { denoEdges, denoSpecOf } from "../../../test/kit/deno-edge.ts";
import { App } from "../../../test/kit/fake-deno/app.ts";
import { type FakeDeno, startFakeDeno } from "../../../test/kit/fake-deno/fake-deno.ts";
import { identityOf } from "../../../test/kit/identity-of.ts";
import { ManualClock } from "../../../test/kit/manual-clock.ts";
import { worker, workerOf } from "../../../test/kit/workerd-world.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import type { Artifact, Provider } from "../provider.ts";
import type { DenoEdges } from "./create-deno-edges.ts";
import { appName, isOwn } from "./names.ts";

const secret = (name: string, value: string): Artifact => ({
  ...worker(name),
  secretEnv: { KEY: { value, revision: value.slice(0, 1) } },
});

describe("the Deno Deploy provider", () => {
  let fake: FakeDeno;
  let modules: BuiltModules;
  let edges: DenoEdges;
  let provider: Provider;
  let number = 0;
  let fn: FunctionIdentity;
  const fresh = (): Provider => denoEdges(fake, modules).provider(denoSpecOf(fake), "shop");
  const app = (): App | undefined => fake.organization.apps.get(appName(fn.key));
  const callsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    const from = fake.calls.length;
    await work();
    const calls = fake.calls.slice(from).map((call) => call.replaceAll(fn.key, "KEY"));
    // How often a build is asked for depends on the machine.
    return calls.filter((call, index) => !call.includes("/revisions?") || call !== calls[index - 1]);
  };
  const body = async (): Promise<string> => {
    const { host } = provider.upstream(fn, "");
    return (await request(`https://${host}/`, { dispatcher: fake.dispatcher })).body.text();
  };
  const published = async (artifact: Artifact): Promise<void> => {
    await expect.poll(() => provider.publish(fn, artifact)).toEqual({ done: true });
  };
  const built = async (): Promise<void> => {
    await expect.poll(() => app()?.revisions[0]?.finishedAt ?? null).not.toBeNull();
  };

  beforeAll(async () => {
    [fake, modules] = await Promise.all([startFakeDeno(), builtModules("deno")]);
  });

  afterAll(async () => {
    await Promise.all([fake.stop(), modules.remove()]);
  });

  beforeEach(() => {
    fake.fault = undefined;
    fake.settleMs = 0;
    fake.aheadMs = 0;
    fn = identityOf(`d${number++}`);
    edges = denoEdges(fake, modules);
    provider = edges.provider(denoSpecOf(fake), "shop");
  });

  it("makes a function with two calls, and makes none while nothing changes", async () => {
    const calls = await callsOf(async () => {
      expect(await provider.publish(fn, worker("one"))).toMatchObject({ reason: "Publishing", after: 2000 });
      await built();
    });
    expect(calls).toEqual([
      "GET /apps?labels%5Bmanaged-by%5D=ebb&limit=100",
      "POST /apps",
      "POST /apps/ebb-KEY/deploy",
    ]);
    expect(await callsOf(() => published(worker("one")))).toEqual([]);
    expect(await callsOf(() => published(worker("one")))).toEqual([]);
    expect([await body(), isOwn(fn, app() ?? {})]).toEqual(["one", true]);
  });

  it("has the secrets of a version before the version, and those of no other some minutes after it", async () => {
    const clock = new ManualClock();
    provider = denoEdges(fake, modules, { clock }).provider(denoSpecOf(fake), "shop");
    await published(secret("one", "a-secret"));
    const calls = await callsOf(async () => {
      await provider.publish(fn, secret("two", "b-secret"));
    });
    expect(calls).toEqual([
      "GET /apps/ebb-KEY/revisions?limit=1",
      "PATCH /apps/ebb-KEY",
      "POST /apps/ebb-KEY/deploy",
    ]);
    expect([await body(), app()?.env.length]).toEqual(["one", 2]);
    await published(secret("two", "b-secret"));
    const kept = provider.version(secret("two", "b-secret"));
    expect(await provider.observe(fn, kept)).toEqual({ done: true });
    expect(await callsOf(() => provider.keepOnly(fn, kept))).toEqual([]);
    await clock.advance(300_000);
    expect(await provider.keepOnly(fn, kept)).toEqual({ done: true });
    expect(app()?.env.map(({ value, secret: isSecret }) => [value, isSecret])).toEqual([["b-secret", true]]);
    expect(await callsOf(() => provider.keepOnly(fn, kept))).toEqual([]);
    expect(await body()).toBe("two");
  });

  it("goes back to the version before by another revision of it", async () => {
    for (const name of ["one", "two", "one"]) await published(worker(name));
    expect([await body(), app()?.revisions.length]).toEqual(["one", 3]);
  });

  it("keeps a revision that nobody wants any more from taking over", async () => {
    await published(worker("one"));
    fake.settleMs = 3_600_000;
    await provider.publish(fn, worker("two"));
    const calls = await callsOf(() => published(worker("one")));
    expect(calls.map((call) => call.replace(/[0-9a-f]{12}/, "ID"))).toEqual([
      "POST /revisions/ID/cancel",
      "GET /apps/ebb-KEY/revisions?limit=1",
    ]);
  });

  it("brings the version there again when the other one can no longer be kept from it", async () => {
    await published(worker("one"));
    fake.settleMs = 3_600_000;
    await provider.publish(fn, worker("two"));
    await built();
    // Built, and not yet everywhere.
    expect(await provider.publish(fn, worker("two"))).toMatchObject({ reason: "Publishing" });
    expect([await body(), await provider.publish(fn, worker("one"))]).toMatchObject([
      "one",
      { reason: "Publishing" },
    ]);
    fake.settleMs = 0;
    fake.aheadMs = 3_600_000;
    await published(worker("one"));
    expect([await body(), app()?.revisions.length]).toEqual(["one", 3]);
  });

  it("makes an app again that somebody has deleted, when the list tells it", async () => {
    const clock = new ManualClock();
    provider = denoEdges(fake, modules, { clock }).provider(denoSpecOf(fake), "shop");
    await published(worker("one"));
    fake.organization.apps.delete(appName(fn.key));
    expect(await provider.publish(fn, worker("two"))).toMatchObject({ reason: "Publishing", after: 1000 });
    await clock.advance(6000);
    await published(worker("two"));
    expect(await body()).toBe("two");
  });

  it("serves on when a Worker leaves a promise that fails", async () => {
    await published(
      workerOf(
        `export default { fetch() { void Promise.reject(new Error("left")); return new Response("on"); } };`,
      ),
    );
    expect([await body(), await body()]).toEqual(["on", "on"]);
  });

  it("tells a build that took too long, and tries again later", async () => {
    const clock = new ManualClock();
    provider = denoEdges(fake, modules, { clock }).provider(denoSpecOf(fake), "shop");
    fake.settleMs = 3_600_000;
    await provider.publish(fn, worker("one"));
    await built();
    Object.assign(app()?.revisions[0] ?? {}, { status: "failed", failureReason: "timed_out" });
    const outcome = await provider.publish(fn, worker("one"));
    expect(outcome).toMatchObject({ reason: "ModuleLoadFailed", after: 300_000 });
    expect(String(Reflect.get(outcome, "message"))).toContain("timed_out");
    expect(app()?.revisions.length).toBe(1);
    await clock.advance(300_000);
    expect(await provider.publish(fn, worker("one"))).toMatchObject({ reason: "Publishing" });
    expect(app()?.revisions.length).toBe(2);
  });

  it("goes on after a crash at any call, and after any answer that was lost", async () => {
    for (const isDone of [false, true])
      for (const at of [0, 1, 2]) {
        fn = identityOf(`crash ${at} ${isDone}`);
        let calls = 0;
        fake.fault = () =>
          calls++ === at ? { status: 502, code: "GONE", message: "gone", isDone } : undefined;
        await provider.publish(fn, worker("one"));
        fake.fault = undefined;
        provider = fresh();
        await published(worker("one"));
        expect([await body(), app()?.revisions.length]).toEqual(["one", 1]);
      }
  });

  it("touches no app that is not its own, and none of another function", async () => {
    const foreign = new App(appName(fn.key), { team: "other" }, {});
    fake.organization.apps.set(foreign.slug, foreign);
    const calls = await callsOf(async () => {
      expect(await provider.publish(fn, worker("one"))).toMatchObject({ reason: "NameTaken" });
      expect(await provider.retire(fn)).toEqual({ done: true });
    });
    expect(calls.slice(1)).toEqual(["POST /apps", "GET /apps/ebb-KEY"]);
    expect([app(), foreign.revisions, foreign.env]).toEqual([foreign, [], []]);
  });

  it("says what the build's log says of a module that cannot be run, without its secrets, and serves what it had", async () => {
    await published(worker("one"));
    const source = `console.error("reads", Deno.env.get(Object.keys(Deno.env.toObject()).find((name) => name.startsWith("EBB_")))); throw new Error("broken at start"); export default {};`;
    const artifact = { ...workerOf(source), secretEnv: { KEY: { value: "s3cret-value", revision: "1" } } };
    await provider.publish(fn, artifact);
    await built();
    const outcome = await provider.publish(fn, artifact);
    expect(outcome).toMatchObject({ done: false, reason: "ModuleLoadFailed" });
    expect(String(Reflect.get(outcome, "message"))).toMatch(/reads \[redacted\].*broken at start/);
    expect(await callsOf(() => provider.publish(fn, artifact))).toEqual([]);
    expect(await body()).toBe("one");
  });

  it("builds a revision again whose build was ended by somebody", async () => {
    fake.settleMs = 3_600_000;
    await provider.publish(fn, worker("one"));
    await built();
    Object.assign(app()?.revisions[0] ?? {}, { status: "failed", failureReason: "cancelled" });
    expect(await provider.publish(fn, worker("one"))).toMatchObject({ reason: "Publishing" });
    expect(app()?.revisions.length).toBe(2);
  });

  it("says where to look when a revision is built and another answers", async () => {
    fake.aheadMs = -120_000;
    await published(worker("one"));
    fake.settleMs = 3_600_000;
    await provider.publish(fn, worker("two"));
    await built();
    const outcome = await provider.publish(fn, worker("two"));
    expect(outcome).toMatchObject({ reason: "Publishing", after: 300_000 });
    expect(String(Reflect.get(outcome, "message"))).toMatch(
      /as revision [0-9a-f]{12}, .* no revision is locked/,
    );
  });

  it.each([
    ["POST", 400, "BAD_REQUEST", "EdgeRefused"],
    ["POST", 500, "INTERNAL_SERVER_ERROR", "EdgeApiUnavailable"],
    ["GET", 503, "UNAVAILABLE", "EdgeApiUnavailable"],
    ["GET", 401, "UNAUTHORIZED", "CredentialsRejected"],
    ["POST", 429, "TOO_MANY_REQUESTS", "RateLimited"],
  ])("takes %s answered %i %s for %s, and tells no token", async (method, status, code, reason) => {
    const message = `${fake.token} is not taken`;
    fake.fault = (call) => (call.startsWith(method) ? { status, code, message } : undefined);
    const outcome = await provider.publish(fn, worker("one"));
    expect(outcome).toMatchObject({ done: false, reason });
    expect(JSON.stringify(outcome)).not.toContain(fake.token);
  });

  it("makes no call while the token is throttled, and serves what it has", async () => {
    const clock = new ManualClock();
    provider = denoEdges(fake, modules, { clock }).provider(denoSpecOf(fake), "shop");
    await published(worker("one"));
    await clock.advance(61_000);
    const headers = { "retry-after": "120" };
    fake.fault = () => ({ status: 429, code: "TOO_MANY_REQUESTS", message: "slow down", headers });
    const calls = await callsOf(async () => {
      await published(worker("one"));
      await clock.advance(110_000);
      expect(await provider.publish(fn, worker("two"))).toMatchObject({
        reason: "RateLimited",
        after: 10_000,
      });
    });
    expect(calls).toEqual(["GET /apps?labels%5Bmanaged-by%5D=ebb&limit=100"]);
    fake.fault = undefined;
    await clock.advance(11_000);
    expect(await provider.publish(fn, worker("two"))).toMatchObject({ reason: "Publishing" });
  });

  it("finds its apps on every page of the list", async () => {
    await published(worker("one"));
    const others = Array.from(
      { length: 230 },
      (_, index) => new App(`other-${index}`, app()?.labels ?? {}, {}),
    );
    const { apps } = fake.organization;
    const own = app();
    apps.clear();
    for (const each of [...others, ...(own === undefined ? [] : [own])]) apps.set(each.slug, each);
    const calls = await callsOf(async () => {
      expect(await fresh().observe(fn, provider.version(worker("one")))).toEqual({ done: true });
    });
    for (const { slug } of others) apps.delete(slug);
    expect(calls.map((call) => new URLSearchParams(call).get("cursor"))).toEqual([null, "100", "200"]);
  });

  it("takes the app away with its revisions, once and for good", async () => {
    await published(worker("one"));
    expect(await provider.retire(fn)).toEqual({ done: true });
    expect([app(), await body()]).toEqual([undefined, "DEPLOYMENT_NOT_FOUND"]);
    expect(await fresh().retire(fn)).toEqual({ done: true });
  });

  it("checks a target's token with one call, however often it is asked", async () => {
    const [spec, namespace] = [denoSpecOf(fake), "shop"];
    expect(await callsOf(() => edges.check(spec, namespace))).toEqual(["GET /apps?limit=1"]);
    const again = await callsOf(async () => {
      expect(await edges.check(spec, namespace)).toEqual({ done: true });
    });
    expect(again).toEqual([]);
  });
});
