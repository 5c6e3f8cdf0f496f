/** Modules from the real registry, to which real tools push. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packTar } from "modern-tar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority, issueLeaf } from "../../operator/provider/workerd/certificates.ts";
import type { ModuleSettings } from "../../operator/module/create-module-sources.ts";
import type { FoundModule, ModuleRequest } from "../../operator/module/found-module.ts";
import { digestOf } from "../kit/artifact.ts";
import { requestOf, SourceWorld } from "../kit/source-world.ts";
import { tinyCommand } from "../kit/tiny-wasm.ts";
import { RealRegistry, user } from "./registry/real-registry.ts";

const one = tinyCommand({ stdout: "one" });
const two = tinyCommand({ stdout: "two" });
const wasm = "application/wasm";
const spinWasm = "application/vnd.wasm.content.layer.v1+wasm";
const spinConfig = "application/vnd.fermyon.spin.application.v1+config";

let folder: string;
let world: SourceWorld;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ebb-registry-test-"));
  world = await SourceWorld.start();
});

afterAll(async () => {
  await world.stop();
  await rm(folder, { recursive: true });
});

const specOf = (reference: string, change: object = {}): ModuleRequest["spec"] => ({
  abi: "Auto",
  oci: { reference, plainHTTP: true, ...change },
});

/** Of an operator with an empty disk. */
async function pull(
  spec: ModuleRequest["spec"],
  known?: FoundModule,
  settings: Partial<ModuleSettings> = {},
) {
  return await world.open(settings, crypto.randomUUID()).resolve(requestOf(spec, known));
}

/** A layer's file for crane. */
async function layerFile(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name, size: body.length },
    body,
  }));
  const path = join(folder, `${crypto.randomUUID()}.tar`);
  await writeFile(path, await packTar(entries));
  return path;
}

describe("a registry that lets everybody in", () => {
  let registry: RealRegistry;

  beforeAll(async () => {
    registry = await RealRegistry.start();
    return () => registry[Symbol.asyncDispose]();
  });

  test.each([
    [
      "cncf",
      { "config.json": "{}", [`app.wasm:${wasm}`]: one },
      ["--config=config.json:application/vnd.wasm.config.v0+json"],
    ],
    [
      "wasm-to-oci",
      { "config.json": "{}", [`app.wasm:${spinWasm}`]: one },
      ["--config=config.json:application/vnd.wasm.config.v1+json"],
    ],
    [
      "spin",
      { "config.json": "{}", [`app.wasm:${spinWasm}`]: one, [`app.json:${spinConfig}`]: "{}" },
      ["--config=config.json:application/vnd.oci.image.config.v1+json"],
    ],
    ["artifact", { [`app.wasm:${wasm}`]: one }, ["--artifact-type=application/vnd.example.module"]],
    ["file", { [`app.wasm:${wasm}`]: one }, []],
  ])("gives what oras has pushed as %s", async (name, files, flags) => {
    await registry.oras(`layouts/${name}:1`, files, ...flags);
    const found = await pull(specOf(`${registry.host}/layouts/${name}:1`));
    const digest = await registry.crane("digest", `HOST/layouts/${name}:1`);
    expect(found.module).toMatchObject({ digest: digestOf(one), size: one.length, artifact: { digest } });
    const byDigest = await pull(specOf(`${registry.host}/layouts/${name}@${digest}`));
    expect(digestOf(await byDigest.bytes())).toBe(digestOf(one));
  });

  test.each([
    ["OCI", ["--oci-empty-base"]],
    ["Docker", []],
  ])("gives the module of an image of %s that crane has made from scratch", async (kind, flags) => {
    const name = `images/${kind.toLowerCase()}:1`;
    const layer = await layerFile({ "checkout.wasm": one });
    await registry.crane("append", ...flags, `--new_layer=${layer}`, `--new_tag=HOST/${name}`);
    expect((await pull(specOf(`${registry.host}/${name}`))).module.digest).toBe(digestOf(one));
  });

  test("finds the image for wasm in an index", async () => {
    for (const [tag, bytes] of [
      ["wasm", one],
      ["amd64", two],
    ] as const) {
      const layer = await layerFile({ "checkout.wasm": bytes });
      const platform = tag === "wasm" ? "wasi/wasm" : "linux/amd64";
      await registry.crane(
        "append",
        "--oci-empty-base",
        `--new_layer=${layer}`,
        `--new_tag=HOST/index:${tag}`,
      );
      await registry.crane(
        "mutate",
        `--set-platform=${platform}`,
        `HOST/index:${tag}`,
        `--tag=HOST/index:${tag}`,
      );
    }
    const manifests = ["wasm", "amd64"].map((tag) => `--manifest=HOST/index:${tag}`);
    await registry.crane("index", "append", ...manifests, "--tag=HOST/index:1");
    const found = await pull(specOf(`${registry.host}/index:1`));
    const digest = await registry.crane("digest", "HOST/index:1");
    expect(found.module).toMatchObject({ digest: digestOf(one), artifact: { digest } });
  });

  test("gives an ES module", async () => {
    const script = "export default { fetch: () => new Response() };";
    await registry.oras("script:1", { "app.js:text/javascript": script });
    const found = await pull({ ...specOf(`${registry.host}/script:1`), abi: "Worker" });
    expect(found.module).toMatchObject({ abi: "Worker", digest: digestOf(Buffer.from(script)) });
  });

  test.each([
    ["two modules", { [`a.wasm:${wasm}`]: one, [`b.wasm:${wasm}`]: two }, "LayoutUnsupported"],
    ["an archive", { "a.zip:application/zip": "zip" }, "LayoutUnsupported"],
    ["a module that is too large", { [`a.wasm:${wasm}`]: Buffer.alloc(70_000) }, "ModuleTooLarge"],
  ])("has %s refused", async (what, files, reason) => {
    const name = `refused/${what.replaceAll(" ", "-")}:1`;
    await registry.oras(name, files);
    await expect(pull(specOf(`${registry.host}/${name}`))).rejects.toMatchObject({ cause: { reason } });
  });

  test("has what is not there told", async () => {
    await expect(pull(specOf(`${registry.host}/none:1`))).rejects.toThrow(
      /localhost:\d+\/none has no manifests 1\. Push it/,
    );
  });

  test("is asked again for a tag that moves only when that is followed", async () => {
    const push = (bytes: Uint8Array) => registry.oras("moving:1", { [`app.wasm:${wasm}`]: bytes });
    await push(one);
    const pinned = specOf(`${registry.host}/moving:1`);
    const first = await pull(pinned);
    await push(two);
    expect((await pull(pinned, first)).module).toEqual(first.module);
    const followed = await pull({ ...pinned, updatePolicy: "Poll" }, first);
    expect(followed.module.digest).toBe(digestOf(two));
    await registry.crane("delete", `HOST/moving@${followed.module.artifact?.digest ?? ""}`);
    const lost = await pull({ ...pinned, updatePolicy: "Poll" }, followed);
    expect(lost).toMatchObject({
      module: followed.module,
      trouble: expect.stringContaining("no manifests 1") as string,
    });
  });
});

describe.each(["Basic", "Bearer"] as const)("a registry that asks for %s", (challenge) => {
  let registry: RealRegistry;

  beforeAll(async () => {
    registry = await RealRegistry.start({ challenge });
    await registry.oras("private/checkout:1", { [`app.wasm:${wasm}`]: one });
    return () => registry[Symbol.asyncDispose]();
  });

  test("gives the module to who has credentials, and to nobody else", async () => {
    const reference = `${registry.host}/private/checkout:1`;
    await expect(pull(specOf(reference))).rejects.toMatchObject({ cause: { reason: "ModuleForbidden" } });
    const name = `registry-${challenge.toLowerCase()}`;
    world.putPullSecret(name, { [registry.host]: user });
    const found = await pull(specOf(reference, { pullSecretRef: { name } }));
    expect(found.module.digest).toBe(digestOf(one));
    world.putPullSecret(`${name}-wrong`, { [registry.host]: { ...user, password: "wrong" } });
    const wrong = pull(specOf(reference, { pullSecretRef: { name: `${name}-wrong` } }));
    await expect(wrong).rejects.toMatchObject({ cause: { reason: "ModuleForbidden" } });
  });
});

test("a registry with a certificate of an own authority is trusted when that is named", async () => {
  const now = Date.now();
  const authority = await createAuthority("server", now);
  const leaf = { names: ["localhost"], usage: "serverAuth", life: 3_600_000 } as const;
  await using registry = await RealRegistry.start({ tls: await issueLeaf(authority, leaf, now) });
  await registry.oras("checkout:1", { [`app.wasm:${wasm}`]: one });
  const spec = specOf(`${registry.host}/checkout:1`, { plainHTTP: false });
  await expect(pull(spec)).rejects.toMatchObject({ cause: { name: "SourceUnavailable" } });
  const caFile = join(folder, "ca.crt");
  await writeFile(caFile, authority.certificate);
  expect((await pull(spec, undefined, { caFile })).module.digest).toBe(digestOf(one));
});

test("a mirror of a registry gives what it has", async () => {
  await using mirror = await RealRegistry.start();
  await mirror.oras("hub/library/checkout:1", { [`app.wasm:${wasm}`]: one });
  const mirrors = { "docker.io": [`http://${mirror.host}/hub`] };
  const found = await pull(specOf("docker.io/checkout:1", { plainHTTP: false }), undefined, { mirrors });
  expect(found.module.digest).toBe(digestOf(one));
});
