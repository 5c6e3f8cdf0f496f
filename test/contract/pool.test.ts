import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Agent, request } from "undici";
import { ports } from "../../operator/api/v1alpha1/names.ts";
import { issueLeaf } from "../../operator/provider/workerd/certificates.ts";
import type { KeyPair } from "../../operator/provider/workerd/certificates.ts";
import { manifestDigest } from "../../operator/provider/workerd/manifest.ts";
import type { VersionEntry } from "../../operator/provider/version-entry.ts";
import type { Manifest } from "../../operator/provider/workerd/manifest.ts";
import { PoolClient } from "../../operator/provider/workerd/pool-client.ts";
import { startFakePool } from "../kit/fake-pool.ts";
import { createPoolTls } from "../kit/pool-tls.ts";
import type { PoolTls } from "../kit/pool-tls.ts";
import { startRealPool } from "../kit/real-pool.ts";
import { tinyCommand } from "../kit/tiny-wasm.ts";
import { waitingModule } from "../kit/waiting-module.ts";

interface RunningPool {
  readonly address: string;
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const kinds = [
  { name: "the fake pool", address: "127.61.0.1", start: startFakePool },
  { name: "workerd", address: "127.61.0.2", start: startRealPool },
];

const text = (source: string) => new TextEncoder().encode(source);
const digestOf = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const command = tinyCommand({
  stdout: "Content-Type: text/plain\nX-Ebb-Reason: mine\n\n",
  printEnvironment: true,
  echo: true,
});
const worker = text(`export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/throw") throw new Error("thrown");
    return Response.json({ env, headers: [...request.headers.keys()] }, { headers: { "x-ebb-reason": "mine" } });
  },
};`);

const entry = (bytes: Uint8Array, abi: VersionEntry["abi"], env = {}): VersionEntry => ({
  abi,
  digest: digestOf(bytes),
  env,
});

async function statusOf(answer: Promise<Response>): Promise<number | undefined> {
  return answer.then(
    ({ status }) => status,
    () => undefined,
  );
}

describe.each(kinds)("$name", ({ address, start }) => {
  let tls: PoolTls;
  let pool: RunningPool;
  let client: PoolClient;

  const credentials = (leaf: KeyPair) => ({ serverAuthority: tls.serverAuthority.certificate, ...leaf });
  const call = (
    version: string,
    path = "/",
    init: Omit<RequestInit, "headers"> & { headers?: Record<string, string> } = {},
  ) =>
    fetch(`http://${address}:${ports.poolHttp}${path}`, {
      redirect: "manual",
      ...init,
      headers: { ...init.headers, "x-ebb-function": version },
    });
  const probe = async (path: string) => (await fetch(`http://${address}:${ports.poolProbe}${path}`)).status;
  const push = async (functions: Manifest["functions"], ...artifacts: readonly Uint8Array[]) => {
    for (const bytes of artifacts) await client.putArtifact(address, digestOf(bytes), bytes);
    return client.putManifest(address, { functions });
  };
  beforeAll(async () => {
    tls = await createPoolTls("shop");
    pool = await start({ address, tls, drainSeconds: 1 });
    client = new PoolClient("shop", credentials(tls.client));
  });

  afterAll(async () => {
    await client.close();
    await pool.stop();
  });

  it("is alive but not ready before the first manifest", async () => {
    expect([await probe("/livez"), await probe("/readyz")]).toEqual([200, 503]);
    expect(await client.getManifest(address)).toEqual({
      digest: "",
      versions: new Map(),
      traps: new Map(),
    });
  });

  it("refuses a client without a certificate, with a server's, and of another authority", async () => {
    const server = { names: [tls.serverName], usage: "serverAuth" as const, life: 3_600_000 };
    const foreign = await createPoolTls("shop");
    const leaves = [
      { certificate: "", key: "" },
      tls.server,
      foreign.client,
      await issueLeaf(tls.clientAuthority, server, Date.now()),
    ];
    for (const leaf of leaves) {
      const ca = tls.serverAuthority.certificate;
      const identity = leaf.key === "" ? {} : { cert: leaf.certificate, key: leaf.key };
      const agent = new Agent({ connect: { ca, servername: tls.serverName, ...identity } });
      const attempt = request(`https://${address}:${ports.poolAdmin}/manifest`, { dispatcher: agent });
      await expect(attempt).rejects.toThrow();
      await agent.destroy();
    }
  });

  it("is refused by an operator that asks for another namespace's pool", async () => {
    const other = new PoolClient("bank", credentials(tls.client));
    await expect(other.getManifest(address)).rejects.toThrow("ERR_TLS_CERT_ALTNAME_INVALID");
    await other.close();
  });

  it("names the artifacts that a manifest lacks, and changes nothing", async () => {
    const functions = { "fn-a": { v1: entry(command, "WasiCommand") } };
    expect(await push(functions)).toEqual({ missing: [digestOf(command)] });
    expect((await client.getManifest(address)).digest).toBe("");
  });

  it("refuses an artifact whose digest differs, and a manifest that is none", async () => {
    await expect(client.putArtifact(address, digestOf(command), worker)).rejects.toThrow("was answered 422");
    const broken = { functions: { "fn-a": { v1: { abi: "Other" } } } } as unknown as Manifest;
    await expect(client.putManifest(address, broken)).rejects.toThrow("was answered 400");
  });

  it("serves both ABIs after the answer to the manifest", async () => {
    const functions = {
      "fn-a": { v1: entry(command, "WasiCommand", { A: "1" }) },
      "fn-b": { v1: entry(worker, "Worker", { B: "2" }) },
    };
    const report = await push(functions, command, worker);
    expect(report).toEqual({
      digest: manifestDigest({ functions }),
      versions: new Map([
        ["fn-a/v1", { loaded: true }],
        ["fn-b/v1", { loaded: true }],
      ]),
      traps: new Map(),
    });
    expect(await client.getManifest(address)).toEqual(report);
    expect(await probe("/readyz")).toBe(200);
    const answer = await call("fn-a/v1", "/p?q=1", { method: "POST", body: "body" });
    const output = await answer.text();
    expect(output.split("\0")).toEqual(
      expect.arrayContaining(["A=1", "PATH_INFO=/p", "QUERY_STRING=q=1", "body"]),
    );
    expect(await (await call("fn-b/v1")).json()).toMatchObject({ env: { B: "2" } });
  });

  it("passes no x-ebb header in either direction", async () => {
    const asked = { headers: { "x-ebb-anything": "1" } };
    const fromCommand = await call("fn-a/v1", "/", asked);
    expect(await fromCommand.text()).not.toContain("X_EBB");
    const fromWorker = await call("fn-b/v1", "/", asked);
    const { headers } = (await fromWorker.json()) as { headers: string[] };
    expect(headers.filter((name) => name.startsWith("x-ebb"))).toEqual([]);
    expect([fromCommand.headers.get("x-ebb-reason"), fromWorker.headers.get("x-ebb-reason")]).toEqual([
      null,
      null,
    ]);
  });

  it("gives artifacts back", async () => {
    expect(await client.getArtifact(address, digestOf(worker))).toEqual(worker);
    expect(await client.getArtifact(address, digestOf(text("never pushed")))).toBeUndefined();
  });

  it("answers 503 NotLoaded for a version that is not there", async () => {
    const answer = await call("fn-a/v9");
    expect([answer.status, answer.headers.get("x-ebb-reason")]).toEqual([503, "NotLoaded"]);
  });

  it("answers 500 Trapped for a trap, an exit code and a thrown error, and serves on", async () => {
    const trap = tinyCommand({ end: "trap" });
    const exit = tinyCommand({ stdout: "Content-Type: a/b\n\n", end: { exit: 3 } });
    const functions = {
      "fn-a": { v1: entry(command, "WasiCommand", { A: "1" }) },
      "fn-b": { v1: entry(worker, "Worker", { B: "2" }) },
      "fn-t": { trap: entry(trap, "WasiCommand"), exit: entry(exit, "WasiCommand") },
    };
    await push(functions, trap, exit);
    for (const [version, path] of [["fn-t/trap"], ["fn-t/exit"], ["fn-b/v1", "/throw"]] as const) {
      const answer = await call(version, path);
      expect([answer.status, answer.headers.get("x-ebb-reason")]).toEqual([500, "Trapped"]);
    }
    expect((await call("fn-a/v1")).status).toBe(200);
    expect((await call("fn-b/v1")).status).toBe(200);
  });

  it("tells the operator alone how a version failed the last time", async () => {
    const stderr = `${"\né".repeat(1000)}token-12345${"é".repeat(4000)}`;
    const trap = tinyCommand({ stderr, end: "trap" });
    const functions = {
      "fn-a": { v1: entry(command, "WasiCommand", { A: "1" }) },
      "fn-b": { v1: entry(worker, "Worker", { B: "2" }) },
      "fn-t": { loud: { ...entry(trap, "WasiCommand"), secrets: { TOKEN: "keys/token@1" } } },
    };
    await client.putArtifact(address, digestOf(trap), trap);
    await client.putManifest(address, { functions }, {}, { "fn-t/loud": { TOKEN: "token-12345" } });
    expect(await client.getTrap(address, "fn-t/loud")).toBeUndefined();
    const answer = await call("fn-t/loud");
    expect([...answer.headers.keys()].filter((name) => name.startsWith("x-ebb"))).toEqual(["x-ebb-reason"]);
    await call("fn-t/loud");
    const { traps } = await client.getManifest(address);
    expect(traps.get("fn-t/loud")).toBe(2);
    expect(await client.getTrap(address, "fn-t/loud")).toEqual({
      count: 2,
      ageMs: expect.any(Number) as number,
      message: expect.stringMatching(/^the module trapped: .*unreachable/) as string,
      // 4096 bytes, without the value from a Secret in them.
      stderr: `${"\né".repeat(1000)}[redacted]${"é".repeat(543)}`,
    });
    await call("fn-b/v1", "/throw");
    expect(await client.getTrap(address, "fn-b/v1")).toMatchObject({ message: "thrown", stderr: "" });
  });

  it("answers 504 RequestTimeout for a version that has not begun to answer in time", async () => {
    const slow = text(`export default {
      fetch: ({ url }) => (url.endsWith("/now") ? new Response("now") : new Promise((done) => setTimeout(done, 60_000))),
    };`);
    const functions = {
      "fn-a": { v1: entry(command, "WasiCommand", { A: "1" }) },
      "fn-w": { slow: { ...entry(slow, "Worker"), requestTimeoutMs: 500 } },
    };
    await push(functions, slow);
    const answer = await call("fn-w/slow");
    expect([answer.status, answer.headers.get("x-ebb-reason")]).toEqual([504, "RequestTimeout"]);
    expect((await call("fn-w/slow", "/now")).status).toBe(200);
  });

  it("answers 500 BadResponse for output that is no CGI response", async () => {
    const bad = tinyCommand({ stdout: "hello" });
    await push(
      {
        "fn-a": { v1: entry(command, "WasiCommand", { A: "1" }) },
        "fn-r": { v1: entry(bad, "WasiCommand") },
      },
      bad,
    );
    const answer = await call("fn-r/v1");
    expect([answer.status, answer.headers.get("x-ebb-reason")]).toEqual([500, "BadResponse"]);
  });

  it("reports modules that cannot be loaded, and serves the others", async () => {
    const bad = {
      syntax: entry(text("export default {{{"), "Worker"),
      throwing: entry(text("throw new Error('at the top'); export default {}"), "Worker"),
      handlerless: entry(text("export default {}"), "Worker"),
      image: entry(Uint8Array.from([0x89, 0x50, 0x4e, 0x47]), "WasiCommand"),
      library: entry(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), "WasiCommand"),
    };
    const artifacts = [
      text("export default {{{"),
      text("throw new Error('at the top'); export default {}"),
      text("export default {}"),
      Uint8Array.from([0x89, 0x50, 0x4e, 0x47]),
      Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    ];
    const functions = { "fn-a": { v1: entry(command, "WasiCommand", { A: "1" }) }, "fn-x": bad };
    const report = await push(functions, ...artifacts);
    if ("missing" in report) throw new Error("artifacts are missing");
    for (const name of Object.keys(bad)) {
      expect(report.versions.get(`fn-x/${name}`)).toMatchObject({
        loaded: false,
        reason: "ModuleLoadFailed",
      });
    }
    expect(report.versions.get("fn-x/throwing")).toMatchObject({
      message: expect.stringContaining("at the top") as string,
    });
    expect(report.versions.get("fn-x/library")).toMatchObject({
      message: expect.stringContaining("_start") as string,
    });
    expect(await probe("/readyz")).toBe(200);
    expect((await call("fn-a/v1")).status).toBe(200);
    expect((await call("fn-x/syntax")).status).toBe(503);
  });

  it("runs versions with values from Secrets, which it tells nobody", async () => {
    const secrets = { TOKEN: "s3cret-token" };
    const functions = {
      "fn-a": { v1: entry(command, "WasiCommand", { A: "1" }) },
      "fn-k": { v1: { ...entry(worker, "Worker", { B: "2" }), secrets: { TOKEN: "keys/token@1" } } },
    };
    const lost = await push(functions, command, worker);
    if ("missing" in lost) throw new Error("artifacts are missing");
    expect(lost.versions.get("fn-k/v1")).toMatchObject({ loaded: false, reason: "SecretsLost" });
    const report = await client.putManifest(address, { functions }, {}, { "fn-k/v1": secrets });
    expect(report).toMatchObject({ digest: manifestDigest({ functions }) });
    expect(await (await call("fn-k/v1")).json()).toMatchObject({ env: { B: "2", ...secrets } });
    // What is pushed later without the values, and a process that is started again, keep them.
    await client.putManifest(address, { functions });
    await pool.crash();
    await expect.poll(() => statusOf(call("fn-k/v1"))).toBe(200);
    expect(await (await call("fn-k/v1")).json()).toMatchObject({ env: secrets });
    const told = await client.getManifest(address);
    expect(told.versions.get("fn-k/v1")).toEqual({ loaded: true });
    expect(JSON.stringify([told.digest, ...told.versions])).not.toContain(secrets.TOKEN);
  });

  it("repeats no value from a Secret that a module throws while it is loaded", async () => {
    const telling = text(
      `import { env } from "cloudflare:workers"; throw new Error("bad " + env.TOKEN); export default {};`,
    );
    const functions = {
      "fn-a": { v1: entry(command, "WasiCommand", { A: "1" }) },
      "fn-k": { v2: { ...entry(telling, "Worker"), secrets: { TOKEN: "keys/token@2" } } },
    };
    await client.putArtifact(address, digestOf(telling), telling);
    const secrets = { "fn-k/v2": { TOKEN: "s3cret-token" } };
    const report = await client.putManifest(address, { functions }, {}, secrets);
    if ("missing" in report) throw new Error("artifacts are missing");
    expect(report.versions.get("fn-k/v2")).toMatchObject({ loaded: false, reason: "ModuleLoadFailed" });
    expect(JSON.stringify([...report.versions])).not.toContain("s3cret-token");
    await push({ "fn-a": { v1: entry(command, "WasiCommand", { A: "1" }) } }, command);
  });

  it("serves the same after it was killed", async () => {
    const before = await client.getManifest(address);
    await pool.crash();
    // The first requests may meet connections of the process that is dead.
    await expect.poll(() => statusOf(call("fn-a/v1"))).toBe(200);
    expect(await client.getManifest(address)).toEqual(before);
    expect(await probe("/readyz")).toBe(200);
  });

  it("runs no more what was running at two ends of the process", async () => {
    const waiting = text(waitingModule);
    const functions = {
      "fn-a": { v1: entry(command, "WasiCommand", { A: "1" }) },
      "fn-s": { v1: entry(waiting, "Worker") },
    };
    await push(functions, waiting);
    for (let end = 1; end <= 2; end += 1) {
      const asked = statusOf(call("fn-s/v1", "/wait"));
      const isWaiting = async () => (await call("fn-s/v1")).text();
      await expect.poll(() => isWaiting().catch(() => "not yet")).toBe("true");
      await pool.crash();
      expect(await asked).toBeUndefined();
      await expect.poll(() => statusOf(call("fn-a/v1"))).toBe(200);
    }
    const answer = await call("fn-s/v1");
    expect([answer.status, answer.headers.get("x-ebb-reason")]).toEqual([503, "FunctionStalled"]);
    const stalled = { loaded: false, reason: "FunctionStalled" };
    expect((await client.getManifest(address)).versions.get("fn-s/v1")).toMatchObject(stalled);
  });

  it("runs no more what the operator says has stalled elsewhere, until it has been away", async () => {
    const functions = {
      "fn-a": { v1: entry(command, "WasiCommand", { A: "1" }) },
      "fn-b": { v1: entry(worker, "Worker", { B: "3" }) },
    };
    await push(functions, worker);
    expect((await call("fn-b/v1")).status).toBe(200);
    await client.putManifest(address, { functions }, { stalled: ["fn-b/v1"] });
    const answer = await call("fn-b/v1");
    expect([answer.status, answer.headers.get("x-ebb-reason")]).toEqual([503, "FunctionStalled"]);
    expect((await call("fn-a/v1")).status).toBe(200);
    await push({ "fn-a": functions["fn-a"] });
    await push(functions, worker);
    expect((await call("fn-b/v1")).status).toBe(200);
  });

  it("lets a dropped version serve until it has drained, and takes its artifact off the disk", async () => {
    const next = tinyCommand({ stdout: "Content-Type: text/plain\n\nnext" });
    await push({ "fn-a": { v2: entry(next, "WasiCommand") } }, next);
    expect((await call("fn-a/v1")).status).toBe(200);
    expect(await client.getArtifact(address, digestOf(command))).toBeUndefined();
    const afterProbe = async () => {
      await probe("/readyz");
      return (await call("fn-a/v1")).status;
    };
    await expect.poll(afterProbe, { timeout: 30_000 }).toBe(503);
    expect(await (await call("fn-a/v2")).text()).toBe("next");
  });
});
