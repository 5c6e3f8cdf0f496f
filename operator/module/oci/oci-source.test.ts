import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { artifact, blob, digestOf, image, index, layouts } from "../../../test/kit/artifact.ts";
import { FakeRegistry } from "../../../test/kit/fake-registry.ts";
import { requestOf, SourceWorld } from "../../../test/kit/source-world.ts";
import { tinyCommand } from "../../../test/kit/tiny-wasm.ts";
import type { ModuleSources } from "../module-sources.ts";

const one = tinyCommand({ stdout: "one" });
const two = tinyCommand({ stdout: "two" });

let world: SourceWorld;
let registry: FakeRegistry;
let sources: ModuleSources;

beforeEach(async () => {
  world = await SourceWorld.start();
  registry = await FakeRegistry.start();
  sources = world.open();
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await world.stop();
});

const reference = (name = "shop/checkout:1") => `${registry.host}/${name}`;
const oci = (name?: string, change: object = {}) => ({
  abi: "Auto" as const,
  oci: { reference: reference(name), plainHTTP: true },
  ...change,
});
const push = (pushed = layouts.cncf(one), tag = "1") => registry.push("shop/checkout", tag, pushed);

describe("a tag", () => {
  it("becomes a digest, and the module's bytes", async () => {
    const digest = push();
    const found = await sources.resolve(requestOf(oci()));
    expect(found.module).toEqual({
      abi: "WasiCommand",
      digest: digestOf(one),
      size: one.length,
      artifact: { reference: reference(), digest },
    });
    expect(digestOf(await found.bytes())).toBe(digestOf(one));
  });

  it("stays what it was when it moves, until the spec names another artifact", async () => {
    push();
    const first = await sources.resolve(requestOf(oci()));
    push(layouts.cncf(two));
    const calls = registry.calls.length;
    const second = await world.open().resolve(requestOf(oci(), first));
    expect(second.module).toEqual(first.module);
    expect(digestOf(await second.bytes())).toBe(digestOf(one));
    expect(registry.calls).toHaveLength(calls);
    push(layouts.cncf(two), "2");
    const third = await sources.resolve(requestOf(oci("shop/checkout:2"), second));
    expect(third.module.digest).toBe(digestOf(two));
  });

  it("is no obstacle while the registry is away, also for a process with an empty disk", async () => {
    push();
    const first = await sources.resolve(requestOf(oci()));
    await registry.stop();
    const again = await world.open({}, "empty").resolve(requestOf(oci(), first));
    expect(again.module).toEqual(first.module);
    await expect(again.bytes()).rejects.toMatchObject({ cause: { name: "SourceUnavailable" } });
    expect(digestOf(await (await world.open().resolve(requestOf(oci(), first))).bytes())).toBe(digestOf(one));
  });

  it("is read again as what it is when the spec says that it is called otherwise", async () => {
    push(layouts.script("export default {};"));
    const worker = await sources.resolve(requestOf({ ...oci(), abi: "Worker" }));
    expect(worker.module.abi).toBe("Worker");
    await expect(sources.resolve(requestOf(oci(), worker))).rejects.toMatchObject({
      cause: { reason: "ModuleNotWasm" },
    });
  });
});

describe("an artifact", () => {
  it("is found by its digest, whatever its tag says", async () => {
    const digest = push();
    push(layouts.cncf(two));
    for (const name of [`shop/checkout@${digest}`, `shop/checkout:1@${digest}`]) {
      const found = await sources.resolve(requestOf(oci(name)));
      expect(found.module.digest).toBe(digestOf(one));
    }
  });

  it("may be an image in an index", async () => {
    const wasm = await image({ "checkout.wasm": one });
    const amd64 = await image({ "bin/checkout": "ELF" });
    const digest = push(
      index([
        { artifact: amd64, architecture: "amd64" },
        { artifact: wasm, architecture: "wasm" },
      ]),
    );
    const found = await sources.resolve(requestOf(oci()));
    expect(found.module).toMatchObject({ digest: digestOf(one), artifact: { digest } });
    await registry.stop();
    const again = await sources.resolve(requestOf(oci(), found));
    expect(digestOf(await again.bytes())).toBe(digestOf(one));
    const known = found.module;
    const atHand = (disk: ModuleSources) => disk.atHand("shop", oci(), known, () => undefined);
    expect(digestOf((await atHand(sources)) ?? new Uint8Array())).toBe(digestOf(one));
    expect(await atHand(world.open({}, "empty"))).toBeUndefined();
  });

  it("is refused by the size that its manifest tells, before it is downloaded", async () => {
    push(layouts.cncf(Buffer.concat([one, Buffer.alloc(70_000)])));
    await expect(sources.resolve(requestOf(oci()))).rejects.toMatchObject({
      cause: { reason: "ModuleTooLarge" },
      after: 30_000,
    });
    expect(registry.calls).toEqual(["GET /v2/shop/checkout/manifests/1"]);
  });

  it.each([
    ["is not there", () => undefined, "ModuleNotFound"],
    [
      "has two layers",
      () => push(artifact(blob("a/b", "{}"), [blob("application/wasm", one), blob("a/b", "")])),
      "LayoutUnsupported",
    ],
    ["is no WebAssembly", () => push(layouts.oras("text")), "ModuleNotWasm"],
  ])("that %s is looked for again half a minute later", async (_what, arrange, reason) => {
    arrange();
    await expect(sources.resolve(requestOf(oci()))).rejects.toMatchObject({ cause: { reason } });
    const calls = registry.calls.length;
    push();
    await expect(sources.resolve(requestOf(oci()))).rejects.toMatchObject({ cause: { reason } });
    expect(registry.calls).toHaveLength(calls);
    await world.clock.advance(30_000);
    expect((await sources.resolve(requestOf(oci()))).module.digest).toBe(digestOf(one));
  });

  it("whose layer is another than its digest says is refused, and is not kept", async () => {
    const pushed = layouts.cncf(one);
    push(pushed);
    const spoiled = Buffer.from(one).fill(1, 20, 21);
    registry.script = ({ path }, response) => {
      if (path.includes("/blobs/")) response.end(spoiled);
      return path.includes("/blobs/");
    };
    await expect(sources.resolve(requestOf(oci()))).rejects.toMatchObject({
      cause: { reason: "DigestMismatch" },
    });
    registry.script = undefined;
    await world.clock.advance(30_000);
    expect((await sources.resolve(requestOf(oci()))).module.digest).toBe(digestOf(one));
  });

  it("of one digest is downloaded once for many functions", async () => {
    push();
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, uid) =>
        sources.resolve(requestOf(oci(), undefined, { uid: String(uid) })),
      ),
    );
    expect(new Set(all.map(({ module }) => module.digest))).toEqual(new Set([digestOf(one)]));
    expect(registry.calls.filter((call) => call.includes("/blobs/"))).toHaveLength(1);
  });
});

describe("a registry that is in trouble", () => {
  it("is asked after a while, and after as long as it says", async () => {
    push();
    let status = 503;
    registry.script = (_request, response) => {
      if (status !== 200) response.writeHead(status, status === 429 ? { "retry-after": "40" } : {}).end();
      return status !== 200;
    };
    await expect(sources.resolve(requestOf(oci()))).rejects.toMatchObject({
      cause: { name: "SourceUnavailable" },
    });
    await world.clock.advance(1500);
    status = 429;
    await expect(sources.resolve(requestOf(oci()))).rejects.toMatchObject({ after: 40_000 });
    await world.clock.advance(39_999);
    await expect(sources.resolve(requestOf(oci()))).rejects.toMatchObject({ after: 1 });
    expect(registry.calls).toHaveLength(2);
    status = 200;
    await world.clock.advance(1);
    expect((await sources.resolve(requestOf(oci()))).module.digest).toBe(digestOf(one));
  });

  it("has mirrors that are asked before it, and is asked when they fail", async () => {
    await using mirror = await FakeRegistry.start();
    await using broken = await FakeRegistry.start({
      script: (_request, response) => {
        response.writeHead(500).end();
        return true;
      },
    });
    const mirrors = { [registry.host]: [broken.url, `${mirror.url}/proxy`] };
    mirror.push("proxy/shop/checkout", "1", layouts.cncf(two));
    push();
    const mirrored = world.open({ mirrors });
    const found = await mirrored.resolve(requestOf(oci()));
    expect(found.module.digest).toBe(digestOf(two));
    expect(mirror.calls[0]).toBe(
      `GET /v2/proxy/shop/checkout/manifests/1?ns=${encodeURIComponent(registry.host)}`,
    );
    expect(registry.calls).toEqual([]);
    push(layouts.cncf(one), "2");
    const other = await mirrored.resolve(requestOf(oci("shop/checkout:2")));
    expect(other.module.digest).toBe(digestOf(one));
  });
});

describe("a tag that is followed", () => {
  const followed = oci.bind(undefined, undefined, { updatePolicy: "Poll", pollInterval: "1m" });
  const look = (found?: Awaited<ReturnType<ModuleSources["resolve"]>>) =>
    sources.resolve(requestOf(followed(), found));

  it("is looked up in its interval, without downloading what is known", async () => {
    push();
    const first = await look();
    expect(sources.nextLook("uid", followed())).toBe(60_000);
    const calls = registry.calls.length;
    await world.clock.advance(59_999);
    expect((await look(first)).module).toEqual(first.module);
    expect(registry.calls).toHaveLength(calls);
    await world.clock.advance(1);
    expect((await look(first)).module).toEqual(first.module);
    expect(registry.calls.slice(calls)).toEqual(["HEAD /v2/shop/checkout/manifests/1"]);
    const moved = push(layouts.cncf(two));
    await world.clock.advance(60_000);
    const second = await look(first);
    expect(second.module).toMatchObject({ digest: digestOf(two), artifact: { digest: moved } });
    expect((await look(second)).module).toEqual(second.module);
  });

  it("keeps its module when it cannot be looked up, and tells so until it can", async () => {
    push();
    const first = await look();
    registry.script = (_request, response) => {
      response.writeHead(404).end();
      return true;
    };
    await world.clock.advance(60_000);
    for (let pass = 0; pass < 2; pass += 1)
      expect(await look(first)).toMatchObject({
        module: first.module,
        trouble: expect.stringContaining("The tag could not be looked up: ") as string,
      });
    registry.script = undefined;
    await world.clock.advance(60_000);
    expect((await look(first)).trouble).toBeUndefined();
  });

  it("is looked up by a process that has just started", async () => {
    push();
    const first = await look();
    push(layouts.cncf(two));
    sources = world.open();
    expect(sources.nextLook("uid", followed())).toBeUndefined();
    expect((await look(first)).module.digest).toBe(digestOf(two));
  });

  it("that moves to what cannot run leaves what it named before in use", async () => {
    push();
    const first = await look();
    push(layouts.oras("text"));
    await world.clock.advance(60_000);
    await expect(look(first)).rejects.toMatchObject({ cause: { reason: "ModuleNotWasm" } });
    await world.clock.advance(30_000);
    await expect(look(first)).rejects.toMatchObject({ cause: { reason: "ModuleNotWasm" } });
    push(layouts.cncf(two));
    await world.clock.advance(30_000);
    expect((await look(first)).module.digest).toBe(digestOf(two));
  });
});
