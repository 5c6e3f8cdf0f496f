/** What every edge does alike, whoever runs it. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FunctionIdentity } from "../../operator/api/function-identity.ts";
import { writeWorkerBundle } from "../../operator/api/worker-bundle.ts";
import { transpile } from "../../operator/module/adapt/transpile.ts";
import { digestOf } from "../../operator/module/digest.ts";
import type { Artifact, Provider } from "../../operator/provider/provider.ts";
import { tinyCommand } from "../kit/tiny-wasm.ts";
import { workerOf } from "../kit/workerd-world.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface EdgeUnderTest {
  readonly provider: Provider;
  /** One that remembers nothing, as of an operator that has just started. */
  another(): Provider;
  /** A function that exists. */
  identity(name: string): FunctionIdentity;
  /** Sends a request as the gateway does. */
  send(fn: FunctionIdentity, version: string, request?: Sent): Promise<Answer>;
  /** Names of what is kept at the edge, or for it, for fn. */
  left(fn: FunctionIdentity): readonly string[];
  /** All that is kept where people who may not read Secrets can read it. */
  readable(): string;
  stop(): Promise<void>;
}

/** Where an edge differs from the others; each with its reason. */
export interface Exceptions {
  /** A version that was published before answers beside the new one until it is let go. */
  readonly noFormerVersions?: string;
}

const commandOf = (command: Parameters<typeof tinyCommand>[0], env = {}): Artifact => {
  const bytes = tinyCommand(command);
  return { abi: "WasiCommand", bytes: () => Promise.resolve(bytes), digest: digestOf(bytes), env };
};
/** An example as the operator publishes it. */
async function componentOf(name: string): Promise<Artifact> {
  const file = new URL(`../../wasm-modules/${name}/${name}.wasm`, import.meta.url);
  const bytes = await transpile(await readFile(file));
  return { abi: "WasiHttp", bytes: () => Promise.resolve(bytes), digest: digestOf(bytes), env: {} };
}

/** Modules of each kind, with a flag without which they do not start. */
function severalModules(): Artifact {
  const source = `import { Buffer } from "node:buffer";
    import page from "./page.html"; import data from "./data.bin"; import wasm from "./code.wasm"; import { late } from "./lib/late.mjs";
    export default { fetch: () => Response.json([
      Buffer.from("flag").toString("hex"), page, [...new Uint8Array(data)], WebAssembly.Module.exports(wasm).length, late ]) };`;
  const bytes = writeWorkerBundle({
    compatibilityDate: "2024-09-23",
    compatibilityFlags: ["nodejs_compat"],
    modules: [
      ["app.js", Buffer.from(source)],
      ["lib/late.mjs", Buffer.from('export const late = "late";')],
      ["page.html", Buffer.from("<p>grüße</p>")],
      ["data.bin", Uint8Array.of(0, 10, 255)],
      ["code.wasm", tinyCommand({ stdout: "" })],
    ],
  });
  return { abi: "Worker", bytes: () => Promise.resolve(bytes), digest: digestOf(bytes), env: {} };
}

const echo = workerOf(`export default { async fetch(request, env) {
  const { method, url, headers } = request;
  return Response.json({ method, url, env, headers: Object.fromEntries(headers), body: await request.text() },
    { headers: { "x-ebb-mine": "1", "x-ebb-reason": "mine", "x-mine": "1" } });
} };`);
const named = (name: string): Artifact =>
  workerOf(`export default { fetch: () => new Response("${name}") };`);

export function describeProvider(
  name: string,
  start: () => Promise<EdgeUnderTest>,
  exceptions: Exceptions = {},
): void {
  // oxlint-disable-next-line vitest/valid-title -- each edge has its own
  describe(name, () => {
    let edge: EdgeUnderTest;
    let number = 0;
    const next = (): FunctionIdentity => edge.identity(`function-${number++}`);
    const published = async (fn: FunctionIdentity, artifact: Artifact): Promise<string> => {
      await expect.poll(() => edge.provider.publish(fn, artifact)).toEqual({ done: true });
      return edge.provider.version(artifact);
    };

    beforeAll(async () => {
      edge = await start();
    });

    afterAll(async () => {
      await edge.stop();
    });

    it("serves what it has published, and says so", async () => {
      const fn = next();
      const version = await published(fn, named("one"));
      expect(await edge.provider.observe(fn, version)).toEqual({ done: true });
      expect(await edge.send(fn, version)).toMatchObject({ status: 200, text: "one" });
      expect(await edge.provider.observe(fn, "v-0000000000000000")).toMatchObject({ done: false });
    });

    it("names equal artifacts alike and others differently", () => {
      const { provider } = edge;
      const one = provider.version(named("one"));
      expect(provider.version(named("one"))).toBe(one);
      const changes: Partial<Artifact>[] = [
        { env: { A: "1" } },
        { secretEnv: { A: { value: "1", revision: "1" } } },
        { egress: [{ host: "a.example", port: 443 }] },
        { requestTimeout: 1000 },
      ];
      const others = changes.map((change) => provider.version({ ...named("one"), ...change }));
      expect(new Set([one, ...others, edge.another().version(named("two"))]).size).toBe(6);
    });

    it("knows with an empty memory what is there", async () => {
      const fn = next();
      const version = await published(fn, named("one"));
      const fresh = edge.another();
      expect(await fresh.publish(fn, named("one"))).toEqual({ done: true });
      expect(await fresh.observe(fn, version)).toEqual({ done: true });
    });

    it("brings method, URL, headers and body to the module, and its answer back", async () => {
      const fn = next();
      const version = await published(fn, echo);
      const answer = await edge.send(fn, version, {
        method: "PUT",
        path: "/a//b?c=%20d",
        headers: { host: "auth.shop.svc", "x-own": "1", "x-ebb-other": "1" },
        body: "body",
      });
      expect(JSON.parse(answer.text)).toMatchObject({
        method: "PUT",
        url: "http://auth.shop.svc/a//b?c=%20d",
        headers: { host: "auth.shop.svc", "x-own": "1" },
        body: "body",
      });
      expect(answer.text).not.toContain("x-ebb-");
      expect(Object.keys(answer.headers).filter((header) => header.startsWith("x-ebb-"))).toEqual([]);
      expect(answer.headers["x-mine"]).toBe("1");
    });

    it("gives the module its environment, and secrets to nobody else", async () => {
      const fn = next();
      const secretEnv = { KEY: { value: "s3cret-value", revision: "keys/key@1" } };
      const artifact = { ...echo, env: { NAME: "plain" }, secretEnv };
      const first = await published(fn, artifact);
      const { env } = JSON.parse((await edge.send(fn, first)).text) as { env: object };
      expect(env).toEqual({ NAME: "plain", KEY: "s3cret-value" });
      const rotated = { ...artifact, secretEnv: { KEY: { value: "n3xt-value", revision: "keys/key@2" } } };
      const second = await published(fn, rotated);
      expect((await edge.send(fn, second)).text).toContain("n3xt-value");
      expect(edge.readable()).not.toMatch(/s3cret-value|n3xt-value/);
    });

    it("runs a WASI command for each request", async () => {
      const fn = next();
      const output = { stdout: "Content-Type: text/plain\n\n", printEnvironment: true, echo: true };
      const version = await published(fn, commandOf(output, { A: "1" }));
      const sent = { method: "POST", path: "/p?q=1", body: "body", headers: { host: "auth.shop.svc:8080" } };
      const { text } = await edge.send(fn, version, sent);
      const told = [
        "A=1",
        "PATH_INFO=/p",
        "QUERY_STRING=q=1",
        "SERVER_NAME=auth.shop.svc",
        "SERVER_PORT=8080",
        "body",
      ];
      expect(text.split("\0")).toEqual(expect.arrayContaining(told));
    });

    it("runs a worker of several modules with the date and flags that it names", async () => {
      const fn = next();
      const version = await published(fn, severalModules());
      const { text } = await edge.send(fn, version);
      expect(JSON.parse(text)).toEqual(["666c6167", "<p>grüße</p>", [0, 10, 255], 2, "late"]);
    });

    it("runs a component of wasi:http", async () => {
      const fn = next();
      const version = await published(fn, await componentOf("http-mirror"));
      const sent = { method: "POST", path: "/echo", headers: { host: "auth.shop.svc" }, body: "body" };
      const { status, text } = await edge.send(fn, version, sent);
      expect([status, text]).toEqual([200, "body"]);
    });

    it.each([
      ["a trap", commandOf({ end: "trap" }), 500, "Trapped"],
      ["an exit code", commandOf({ stdout: "Content-Type: a/b\n\n", end: { exit: 3 } }), 500, "Trapped"],
      [
        "a thrown error",
        workerOf(`export default { fetch() { throw new Error("thrown"); } };`),
        500,
        "Trapped",
      ],
      ["output that is no answer", commandOf({ stdout: "nothing" }), 500, "BadResponse"],
      [
        "an answer that is late",
        {
          ...workerOf(
            `export default { async fetch() { await new Promise((done) => setTimeout(done, 5000)); return new Response(); } };`,
          ),
          requestTimeout: 200,
        },
        504,
        "RequestTimeout",
      ],
    ])("answers %s in the module's place and says why", async (_what, artifact, status, reason) => {
      const fn = next();
      const answer = await edge.send(fn, await published(fn, artifact));
      expect([answer.status, answer.headers["x-ebb-reason"]]).toEqual([status, reason]);
      expect(answer.headers["x-ebb-trap"]).toBeUndefined();
    });

    it("lets a module reach nothing that it may not", async () => {
      const source = `const early = fetch; export default { async fetch() {
        const tried = await Promise.allSettled([fetch("http://127.0.0.1:9/"), early("http://127.0.0.1:9/")]);
        return Response.json(tried.map(({ status }) => status));
      } };`;
      const fn = next();
      const answer = await edge.send(fn, await published(fn, workerOf(source)));
      expect(JSON.parse(answer.text)).toEqual(["rejected", "rejected"]);
    });

    it("refuses a module that cannot be loaded, and serves what it had", async () => {
      const fn = next();
      const version = await published(fn, named("one"));
      const broken = workerOf("export default {");
      await expect
        .poll(async () => (await edge.provider.publish(fn, broken)) as { reason?: string })
        .toMatchObject({ reason: expect.stringMatching(/^(ModuleLoadFailed|EdgeRefused)$/) as string });
      expect(await edge.send(fn, version)).toMatchObject({ text: "one" });
    });

    it("updates and goes back without a wrong answer", async () => {
      const fn = next();
      let version = await published(fn, named("one"));
      const answers = new Set<string>();
      const over = new AbortController();
      const caller = (async () => {
        while (!over.signal.aborted) answers.add((await edge.send(fn, version)).text);
      })();
      for (const body of ["two", "one"]) version = await published(fn, named(body));
      over.abort();
      await caller;
      expect([...answers].filter((text) => text !== "one" && text !== "two")).toEqual([]);
      expect((await edge.send(fn, version)).text).toBe("one");
    });

    it(`has former versions: ${exceptions.noFormerVersions ?? "the one before, until it is let go"}`, async () => {
      const fn = next();
      const first = await published(fn, named("one"));
      const second = await published(fn, named("two"));
      const former = exceptions.noFormerVersions === undefined ? "one" : "two";
      expect((await edge.send(fn, first)).text).toBe(former);
      await expect.poll(() => edge.provider.keepOnly(fn, second)).toEqual({ done: true });
    });

    it("leaves nothing of a retired function, and the others alone", async () => {
      const [gone, stays] = [next(), next()];
      const version = await published(gone, named("gone"));
      const other = await published(stays, named("stays"));
      await expect.poll(() => edge.provider.retire(gone)).toEqual({ done: true });
      expect(await edge.another().retire(gone)).toEqual({ done: true });
      expect([edge.left(gone), edge.left(stays).length]).toEqual([[], 1]);
      expect((await edge.send(gone, version)).text).not.toBe("gone");
      expect((await edge.send(stays, other)).text).toBe("stays");
    });
  });
}
