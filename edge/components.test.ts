/** Components as their own toolchains made them, in the pool; http-mirror has the cases of wasi:http. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { transpile } from "../operator/module/adapt/transpile.ts";
import { type Module, PushedPool } from "../test/kit/pushed-pool.ts";

let world: PushedPool;

beforeAll(async () => {
  world = await PushedPool.start("127.62.4.1");
  await world.push({
    "fn-hello/v1": await component("bench/peers/wasi-http-hello/hello.wasm"),
    "fn-wstd/v1": await component("wasm-modules/hello-wstd/hello-wstd.wasm"),
  });
});

afterAll(() => world.stop());

async function component(path: string): Promise<Module> {
  const bytes = await transpile(await readFile(new URL(`../${path}`, import.meta.url)));
  return { abi: "WasiHttp", bytes, env: { GREETING: "Moin" } };
}

it("runs what rustup's linker makes of the wasi crate", async () => {
  expect(await world.textOf("fn-hello/v1")).toBe("hello\n");
});

it("runs what wstd makes, with its own event loop", async () => {
  expect(await world.textOf("fn-wstd/v1", "/Ada")).toBe("Moin, Ada!\n");
  const started = performance.now();
  expect(await world.textOf("fn-wstd/v1", "/wait")).toBe("Moin, wait!\n");
  expect(performance.now() - started).toBeGreaterThanOrEqual(30);
  const body = "x".repeat(300_000);
  const echo = await world.ask("fn-wstd/v1", "/echo", { method: "POST", body });
  expect((await echo.text()).length).toBe(body.length);
});

const bundle = (text: string): Module => ({ abi: "WasiHttp", bytes: Buffer.from(text) });

/** Handles with the JavaScript in `handle`, which sees `types`, `request` and `out`; no Wasm. */
function handler(handle: string): Module {
  const script = `export const coreModules = {};
    const handle = async (types, request, out) => { ${handle} };
    export const instantiate = async (_, { "wasi:http/types": types }) => ({
      "wasi:http/incoming-handler@0.2.0": { handle: (request, out) => handle(types, request, out) },
    });`;
  return bundle(`[["app.js",${script.length}]]\n${script}`);
}

/** Begins to answer, writes `bytes`, and neither finishes nor drops what it has of the body. */
const leaving = (fields: string, bytes: string) =>
  handler(`const response = new types.OutgoingResponse(types.Fields.fromList([${fields}]));
    const body = response.body();
    types.ResponseOutparam.set(out, { tag: "ok", val: response });
    const stream = body.write();
    stream.write(new TextEncoder().encode("${bytes}"));
    globalThis.kept = [body, stream];`);

it("takes a body that the module has left open for whole when the module has ended", async () => {
  await world.push({
    "fn-left/open": leaving("", "all of it"),
    "fn-left/empty": leaving("", ""),
    "fn-left/short": leaving(`["content-length", new TextEncoder().encode("20")]`, "not all of it"),
  });
  expect(await world.textOf("fn-left/open")).toBe("all of it");
  expect(await world.textOf("fn-left/empty")).toBe("");
  await expect(world.textOf("fn-left/short")).rejects.toThrow();
});

it("reports a bundle that is none, and a component that cannot start, by what is wrong", async () => {
  const good = await component("bench/peers/wasi-http-hello/hello.wasm");
  const script = "export const coreModules = {}; export const instantiate = async () => ({});";
  const report = await world.push({
    "fn-hello/v1": good,
    "fn-x/none": bundle("no bundle"),
    "fn-x/without": bundle(`[["app.js",${script.length}]]\n${script}`),
  });
  expect(report.versions.get("fn-hello/v1")).toEqual({ loaded: true });
  expect(report.versions.get("fn-x/none")).toMatchObject({ loaded: false, reason: "ModuleLoadFailed" });
  expect(report.versions.get("fn-x/without")).toMatchObject({
    loaded: false,
    message: "the component exports no wasi:http/incoming-handler@0.2.x",
  });
});
