/** The fake Deno Deploy against Deno's own SDK, and Ebb's calls beside that client's. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtModules } from "../kit/built-modules.ts";
import { denoEdges, denoSpecOf } from "../kit/deno-edge.ts";
import { type FakeDeno, startFakeDeno } from "../kit/fake-deno/fake-deno.ts";
import { ManualClock } from "../kit/manual-clock.ts";
import { identityOf } from "../kit/identity-of.ts";
import { worker, workerOf } from "../kit/workerd-world.ts";

const run = promisify(execFile);

/** Without the query, and without what differs from app to app. */
function shapeOf(call: string, slug: string): string {
  return (call.split("?")[0] ?? "").replaceAll(slug, "SLUG").replace(/[0-9a-f]{12}/, "ID");
}

const files = (body: string): string =>
  JSON.stringify({ "main.ts": { kind: "file", content: `Deno.serve(() => new Response("${body}"));` } });

const deployed = (content: string): string =>
  `const { id } = await client.apps.deploy("demo-app", { assets: ${content}, labels: { a: "b" } });
   let revision;
   do revision = await client.revisions.get(id);
   while (revision.status === "queued" || revision.status === "building");`;

describe("Deno's SDK", () => {
  let fake: FakeDeno;
  let folder: string;
  const shapes = new Set<string>();

  /** What the statements print, with `client` of the SDK, in a process that trusts the fake's certificate. */
  const sdk = async (statements: string): Promise<unknown> => {
    const from = fake.calls.length;
    const script = `import { Client } from "@deno/sandbox";
      const client = new Client({ token: process.env.TOKEN, apiEndpoint: process.env.API });
      ${statements}`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], {
      env: { TOKEN: fake.token, API: fake.apiUrl, NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") },
    });
    for (const call of fake.calls.slice(from)) shapes.add(shapeOf(call, "demo-app"));
    return JSON.parse(stdout);
  };
  const body = async (): Promise<string> => {
    const url = `https://demo-app.${fake.organization.slug}.deno.net/`;
    return (await request(url, { dispatcher: fake.dispatcher })).body.text();
  };
  beforeAll(async () => {
    fake = await startFakeDeno();
    folder = await mkdtemp(join(tmpdir(), "ebb-deno-sdk-"));
    await writeFile(join(folder, "ca.pem"), fake.authority);
  });

  afterAll(async () => {
    await fake.stop();
    await rm(folder, { recursive: true });
  });

  it("makes an app, deploys to it, and finds both", async () => {
    const found = await sdk(`
      await client.apps.create({ slug: "demo-app", labels: { "managed-by": "sdk" },
        env_vars: [{ key: "KEY", value: "s3cret", secret: true }],
        config: { runtime: { type: "dynamic", entrypoint: "main.ts" } } });
      ${deployed(files("one"))}
      const listed = await client.apps.list({ labels: { "managed-by": "sdk" } });
      const revisions = await client.revisions.list("demo-app", { limit: 1 });
      const app = await client.apps.get("demo-app");
      console.log(JSON.stringify([listed.items.map(({ slug }) => slug), revisions.items[0].id === id,
        revision.status, revision.labels, app.env_vars.map(({ key, value, secret }) => [key, value ?? null, secret]),
        await client.apps.get("no-such-app")]));`);
    expect(found).toEqual([["demo-app"], true, "succeeded", { a: "b" }, [["KEY", null, true]], null]);
    expect(await body()).toBe("one");
  });

  it("changes variables, and reads why a revision failed", async () => {
    const [keys, status, reason, logs] = (await sdk(`
      const app = await client.apps.update("demo-app",
        { env_vars: [{ key: "KEY", delete: true }, { key: "OTHER", value: "1" }] });
      const { id } = await client.apps.deploy("demo-app", { assets: { "main.ts": { content: "throw 1;" } }, preview: true });
      let revision;
      do revision = await client.revisions.get(id);
      while (revision.status === "queued" || revision.status === "building");
      const logs = [];
      for await (const log of client.revisions.buildLogs(id)) logs.push(log.level);
      console.log(JSON.stringify([app.env_vars.map(({ key }) => key), revision.status, revision.failure_reason, logs]));`)) as [
      string[],
      string,
      string,
      string[],
    ];
    expect([keys, status, reason, logs]).toEqual([["OTHER"], "failed", "error", ["error"]]);
    expect(await body()).toBe("one");
  });

  it("is told in its own form what the API refuses", async () => {
    const told = await sdk(`
      const tries = [() => client.apps.create({ slug: "demo-app" }), () => client.revisions.cancel("${"0".repeat(12)}")];
      const errors = await Promise.all(tries.map((each) => each().catch(({ status, code }) => [status, code])));
      console.log(JSON.stringify(errors));`);
    expect(told).toEqual([
      [409, "SLUG_ALREADY_IN_USE"],
      [404, "NOT_FOUND"],
    ]);
  });

  it("deletes it", async () => {
    await sdk(`await client.apps.delete("demo-app"); console.log("null");`);
    expect(await body()).toBe("DEPLOYMENT_NOT_FOUND");
  });

  it("makes every call that Ebb makes", async () => {
    const modules = await builtModules("deno");
    const fn = identityOf("beside");
    const from = fake.calls.length;
    const clock = new ManualClock();
    const provider = denoEdges(fake, modules, { clock }).provider(denoSpecOf(fake), "shop");
    const secretEnv = { KEY: { value: "s3cret", revision: "1" } };
    const last = { ...worker("two"), secretEnv };
    for (const artifact of [worker("one"), last])
      await expect.poll(() => provider.publish(fn, artifact)).toEqual({ done: true });
    expect(await provider.observe(fn, provider.version(last))).toEqual({ done: true });
    await clock.advance(300_000);
    expect(await provider.keepOnly(fn, provider.version(last))).toEqual({ done: true });
    const broken = workerOf("export default {");
    await expect.poll(() => provider.publish(fn, broken)).toMatchObject({ reason: "ModuleLoadFailed" });
    await provider.publish(fn, worker("three"));
    await provider.publish(fn, last);
    expect(await provider.retire(fn)).toEqual({ done: true });
    await modules.remove();
    const own = new Set(fake.calls.slice(from).map((call) => shapeOf(call, `ebb-${fn.key}`)));
    expect([...own].filter((shape) => !shapes.has(shape))).toEqual([]);
    expect(own.size).toBe(9);
  });
});
