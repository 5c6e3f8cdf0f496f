import { request } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BuiltModules, builtModules } from "../../../test/kit/built-modules.ts";
import { cloudflareEdges, specOf } from "../../../test/kit/cloudflare-edge.ts";
import {
  type FakeCloudflare,
  startFakeCloudflare,
} from "../../../test/kit/fake-cloudflare/fake-cloudflare.ts";
import { Script } from "../../../test/kit/fake-cloudflare/script.ts";
import { identityOf } from "../../../test/kit/identity-of.ts";
import { ManualClock } from "../../../test/kit/manual-clock.ts";
import { worker, workerOf } from "../../../test/kit/workerd-world.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import type { Outcome } from "../../api/outcome.ts";
import type { Artifact, Provider } from "../provider.ts";
import type { CloudflareEdges } from "./create-cloudflare-edges.ts";
import { scriptName } from "./names.ts";
import { TokenUnavailable } from "../hosted/outcomes.ts";

const tooLarge: Artifact = {
  ...worker("large"),
  bytes: () => Promise.resolve(new Uint8Array(64 * 1024 * 1024)),
};

describe("the Cloudflare provider", () => {
  let fake: FakeCloudflare;
  let modules: BuiltModules;
  let edges: CloudflareEdges;
  let provider: Provider;
  let number = 0;
  let fn: FunctionIdentity;
  const fresh = (): Provider => cloudflareEdges(fake, modules).provider(specOf(fake), "shop");
  const script = (): Script | undefined => fake.account.scripts.get(scriptName(fn.key));
  const callsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    const from = fake.calls.length;
    await work();
    return fake.calls.slice(from).map((call) => call.replaceAll(fn.key, "KEY"));
  };
  const body = async (): Promise<string> => {
    const { host } = provider.upstream(fn, "");
    const answer = await request(`https://${host}/`, { dispatcher: fake.dispatcher });
    return answer.body.text();
  };
  const published = async (artifact: Artifact): Promise<void> => {
    await expect.poll(() => provider.publish(fn, artifact)).toEqual({ done: true });
  };
  const refuse = (method: string, status: number, code: number, message = "no"): void => {
    fake.fault = (call) => (call.startsWith(method) ? { status, code, message } : undefined);
  };

  beforeAll(async () => {
    [fake, modules] = await Promise.all([startFakeCloudflare(), builtModules("cloudflare")]);
  });

  afterAll(async () => {
    await Promise.all([fake.stop(), modules.remove()]);
  });

  beforeEach(() => {
    fake.fault = undefined;
    fake.settleMs = 0;
    fn = identityOf(`f${number++}`);
    edges = cloudflareEdges(fake, modules);
    provider = edges.provider(specOf(fake), "shop");
  });

  it("makes a function with two calls, and makes none while nothing changes", async () => {
    expect(await callsOf(() => published(worker("one")))).toEqual([
      "GET /workers/scripts",
      "PUT /workers/scripts/ebb-KEY?excludeScript=true",
      "POST /workers/scripts/ebb-KEY/subdomain",
    ]);
    expect(await body()).toBe("one");
    expect(await callsOf(() => published(worker("one")))).toEqual([]);
    expect(script()).toMatchObject({ tags: ["managed-by-ebb", `ebb-uid-${fn.uid}`], isPublic: true });
  });

  it("updates a function with three calls, the new version being seen at 0 % first", async () => {
    await published(worker("one"));
    expect(await callsOf(() => published(worker("two")))).toEqual([
      "POST /workers/scripts/ebb-KEY/versions",
      "POST /workers/scripts/ebb-KEY/deployments",
      "POST /workers/scripts/ebb-KEY/deployments",
    ]);
    const shares = script()?.deployments.map(({ versions }) => versions.map(({ percentage }) => percentage));
    expect([await body(), shares]).toEqual(["two", [[100], [100, 0], [100]]]);
  });

  it("limits what a request may compute, each limit being another version", async () => {
    const artifacts = [undefined, 50, 100].map((cpuTime) =>
      cpuTime === undefined ? worker("one") : { ...worker("one"), cpuTime },
    );
    for (const artifact of artifacts) await published(artifact);
    expect(script()?.versions.map(({ cpuMs }) => cpuMs)).toEqual([undefined, 50, 100]);
  });

  it("goes back to the version before without another upload", async () => {
    for (const name of ["one", "two", "three"]) await published(worker(name));
    const calls = await callsOf(() => published(worker("two")));
    expect([await body(), calls.length, script()?.versions.length]).toEqual(["two", 2, 3]);
  });

  it("believes nothing that it has seen before its own change", async () => {
    for (const name of ["one", "one", "two", "one"]) await published(worker(name));
    expect(await body()).toBe("one");
  });

  it("waits until Cloudflare's edge has what its API has taken, with few calls", async () => {
    const hour = 3_600_000;
    fake.settleMs = hour;
    expect(await provider.publish(fn, worker("one"))).toMatchObject({ done: false, reason: "Publishing" });
    fake.aheadMs += hour;
    expect(await callsOf(() => published(worker("one")))).toEqual([]);
    expect(await provider.publish(fn, worker("two"))).toMatchObject({ done: false, reason: "Publishing" });
    expect(await body()).toBe("one");
    fake.aheadMs += hour;
    const deploys = ["POST /workers/scripts/ebb-KEY/deployments"];
    const second = await callsOf(() => provider.publish(fn, worker("two")));
    expect([second, await body()]).toEqual([deploys, "one"]);
    fake.aheadMs += hour;
    expect(await callsOf(() => published(worker("two")))).toEqual([]);
    expect(await body()).toBe("two");
  });

  it("goes on after a crash at any call, and after any answer that was lost", async () => {
    for (const isDone of [false, true])
      for (const [at, artifact] of [0, 1, 2, 3].map(
        (call) => [call, worker(`crash ${call} ${isDone}`)] as const,
      )) {
        let calls = 0;
        fake.fault = () => (calls++ === at ? { status: 502, code: 0, message: "gone", isDone } : undefined);
        await provider.publish(fn, artifact);
        fake.fault = undefined;
        provider = fresh();
        await published(artifact);
        expect(await body()).toBe(`crash ${at} ${isDone}`);
      }
  });

  it("touches no script that is not its own, and none of another function", async () => {
    const foreign = new Script(scriptName(fn.key));
    fake.account.scripts.set(foreign.name, foreign);
    const calls = await callsOf(async () => {
      expect(await provider.publish(fn, worker("one"))).toMatchObject({ reason: "NameTaken" });
      expect(await provider.retire(fn)).toEqual({ done: true });
    });
    expect([calls, script()]).toEqual([["GET /workers/scripts"], foreign]);
  });

  it("repairs what others change, found by one call for all functions", async () => {
    const clock = new ManualClock();
    provider = cloudflareEdges(fake, modules, { clock }).provider(specOf(fake), "shop");
    const others = [identityOf("drift one"), identityOf("drift two")];
    await published(worker("one"));
    for (const other of others) expect(await provider.publish(other, worker("one"))).toEqual({ done: true });
    const first = script()?.versions[0]?.id ?? "";
    await published(worker("two"));
    await clock.advance(61_000);
    script()?.deploy([{ version_id: first, percentage: 100 }], {}, 0);
    fake.account.scripts.delete(scriptName(others[0]?.key ?? "fn-"));
    expect(await body()).toBe("one");
    const calls = await callsOf(async () => {
      await published(worker("two"));
      for (const other of others)
        expect(await provider.publish(other, worker("one"))).toEqual({ done: true });
    });
    expect([await body(), calls.filter((call) => call === "GET /workers/scripts").length]).toEqual([
      "two",
      1,
    ]);
    expect(await provider.observe(fn, provider.version(worker("two")))).toEqual({ done: true });
  });

  it("says what Cloudflare says of a module that it refuses, and does not send it again", async () => {
    const broken = workerOf("export default {");
    const first = await provider.publish(fn, broken);
    expect(first).toMatchObject({ done: false, reason: "EdgeRefused", after: 300_000 });
    expect(String(Reflect.get(first, "message"))).toMatch(/code 10021: .*SyntaxError/);
    expect(await callsOf(() => provider.publish(fn, broken))).toEqual([]);
    await published(worker("mended"));
  });

  it("keeps the former version when the new one cannot be run", async () => {
    await published(worker("one"));
    const result = await provider.publish(fn, workerOf("export default { other: 1 };"));
    expect(result).toMatchObject({ reason: "ModuleLoadFailed" });
    expect(await body()).toBe("one");
  });

  it("refuses a module beyond Cloudflare's limit before it sends it", async () => {
    const calls = await callsOf(async () => {
      const outcome = await provider.publish(fn, tooLarge);
      expect(outcome).toMatchObject({ reason: "ModuleTooLarge" });
    });
    expect(calls).toEqual(["GET /workers/scripts"]);
  });

  it.each([
    ["PUT", 403, 10_037, "EdgeRefused", "You have too many Workers"],
    ["PUT", 413, 10_027, "EdgeRefused", "over the size limit"],
    ["PUT", 500, 10_013, "EdgeApiUnavailable", "internal"],
    ["PUT", 409, 10_035, "EdgeApiUnavailable", "changed at the same time"],
    ["GET", 503, 0, "EdgeApiUnavailable", "upstream"],
    ["PUT", 429, 971, "RateLimited", "throttled"],
    ["GET", 403, 9109, "CredentialsRejected", "Unauthorized to access requested resource"],
  ])("takes %s answered %i with code %i for %s", async (method, status, code, reason, message) => {
    refuse(method, status, code, message);
    const outcome = await provider.publish(fn, worker("one"));
    expect(outcome).toMatchObject({ done: false, reason });
    if (reason !== "RateLimited") expect(String(Reflect.get(outcome, "message"))).toContain(message);
  });

  it("makes no call while the token is throttled, and serves what it has", async () => {
    const clock = new ManualClock();
    provider = cloudflareEdges(fake, modules, { clock }).provider(specOf(fake), "shop");
    await published(worker("one"));
    await clock.advance(61_000);
    refuse("GET", 429, 971);
    const calls = await callsOf(async () => {
      await published(worker("one"));
      expect(await provider.publish(fn, worker("two"))).toMatchObject({ reason: "RateLimited" });
      await clock.advance(299_000);
      await published(worker("one"));
    });
    expect(calls).toEqual(["GET /workers/scripts"]);
    fake.fault = undefined;
    await clock.advance(2000);
    await published(worker("two"));
  });

  it("tells no token and no secret when it fails", async () => {
    const secretEnv = { KEY: { value: "s3cret-value", revision: "1" } };
    for (const [status, code] of [
      [400, 10_021],
      [500, 10_013],
    ] as const) {
      refuse("PUT", status, code, `${fake.token} is not taken`);
      const outcome: Outcome = await provider.publish(fn, { ...worker("one"), secretEnv });
      expect(JSON.stringify(outcome)).toContain("[redacted] is not taken");
      expect(JSON.stringify(outcome)).not.toMatch(/s3cret|cf-token/);
      provider = fresh();
    }
  });

  it("takes the script away with its versions, once and for good", async () => {
    await published(worker("one"));
    expect(await provider.retire(fn)).toEqual({ done: true });
    expect([script(), await body()]).toEqual([undefined, "There is nothing here yet"]);
    expect(await fresh().retire(fn)).toEqual({ done: true });
  });

  it("takes the script away with the last token that there was", async () => {
    let token: string | undefined = fake.token;
    const read = async (): Promise<string> => {
      if (token === undefined) throw new TokenUnavailable("CredentialsNotFound", "no Secret");
      return token;
    };
    provider = cloudflareEdges(fake, modules, { token: read }).provider(specOf(fake), "shop");
    await published(worker("one"));
    token = undefined;
    expect(await provider.publish(fn, worker("two"))).toMatchObject({ reason: "CredentialsNotFound" });
    expect(await provider.retire(fn)).toEqual({ done: true });
    expect(script()).toBeUndefined();
  });

  it("checks a target's token, account and subdomain with one call, however often it is asked", async () => {
    const spec = specOf(fake);
    const check = () => edges.check(spec, "shop");
    expect(await callsOf(check)).toEqual(["GET /workers/subdomain"]);
    expect(await callsOf(check)).toEqual([]);
    expect(await check()).toEqual({ done: true });
    const other = { ...spec, workersDev: { subdomain: "other" } };
    expect(await edges.check(other, "shop")).toMatchObject({ reason: "SubdomainMismatch" });
    expect(await edges.check({ ...spec, accountID: "0".repeat(32) }, "shop")).toMatchObject({
      reason: "CredentialsRejected",
    });
  });
});
