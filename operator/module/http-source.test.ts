import { afterEach, beforeEach, expect, it } from "vitest";
import { digestOf } from "../../test/kit/artifact.ts";
import { FakeRegistry } from "../../test/kit/fake-registry.ts";
import { requestOf, SourceWorld } from "../../test/kit/source-world.ts";
import { tinyCommand } from "../../test/kit/tiny-wasm.ts";

const module = tinyCommand({ stdout: "one" });
const digest = digestOf(module);

let world: SourceWorld;
let server: FakeRegistry;
let answer: { status: number; body: Uint8Array | string };

beforeEach(async () => {
  world = await SourceWorld.start();
  answer = { status: 200, body: module };
  server = await FakeRegistry.start({
    script: (_request, response) => {
      response.writeHead(answer.status).end(answer.body);
      return true;
    },
  });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await world.stop();
});

const spec = (wanted = digest) => ({
  abi: "Auto" as const,
  http: { url: `${server.url}/secret-path/checkout.wasm?secret=query`, digest: wanted },
});

it("gives the module that the digest names, and asks nobody for it again", async () => {
  const found = await world.open().resolve(requestOf(spec()));
  const artifact = { reference: spec().http.url, digest };
  expect(found.module).toEqual({ abi: "WasiCommand", digest, size: module.length, artifact });
  await server.stop();
  const again = await world.open({}, "empty").resolve(requestOf(spec(), found));
  expect(again.module).toEqual(found.module);
  expect(digestOf(await (await world.open().resolve(requestOf(spec(), found))).bytes())).toBe(digest);
  expect(await world.open().atHand("shop", spec(), found.module, () => undefined)).toBeDefined();
  await expect(again.bytes()).rejects.toMatchObject({ cause: { name: "SourceUnavailable" } });
});

it("looks whether the module is at the URL when another source had the same bytes", async () => {
  const found = await world.open().resolve(requestOf(spec()));
  const artifact = { reference: "r.example.com/a:1", digest };
  answer.status = 404;
  const known = { ...found, module: { ...found.module, artifact } };
  await expect(world.open({}, "empty").resolve(requestOf(spec(), known))).rejects.toMatchObject({
    cause: { reason: "ModuleNotFound" },
  });
});

it.each([
  ["another module is there", () => (answer.body = tinyCommand({ stdout: "two" })), "DigestMismatch"],
  ["nothing is there", () => (answer.status = 404), "ModuleNotFound"],
  ["it is refused", () => (answer.status = 403), "ModuleForbidden"],
  ["it is too large", () => (answer.body = Buffer.alloc(70_000)), "ModuleTooLarge"],
])("says with the host alone that %s", async (_what, arrange, reason) => {
  arrange();
  const failure = world.open().resolve(requestOf(spec()));
  await expect(failure).rejects.toMatchObject({ cause: { reason } });
  await expect(failure).rejects.toThrow(server.host);
  await expect(failure).rejects.not.toThrow("secret");
});

it("tries again what answers neither the module nor an error of the client", async () => {
  answer.status = 418;
  await expect(world.open().resolve(requestOf(spec()))).rejects.toMatchObject({
    cause: { name: "SourceUnavailable" },
  });
});

it("is kept from addresses that nobody has allowed", async () => {
  const strict = world.open({ addresses: { allowed: [], denied: [] } });
  await expect(strict.resolve(requestOf(spec()))).rejects.toMatchObject({
    cause: { reason: "AddressForbidden" },
  });
  expect(server.requests).toEqual([]);
});
