/** One echo service by each toolchain: what it builds is inspected, adapted and run as the operator does it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Proxy } from "../bench/proxies/proxy.ts";
import { ports } from "../operator/api/v1alpha1/names.ts";
import { runTranspiler } from "../operator/module/adapt/run-transpiler.ts";
import { inspectModule } from "../operator/module/inspect.ts";
import { PushedPool } from "../test/kit/pushed-pool.ts";
import { runCgi } from "./auth/run-cgi.ts";
import { builtByGo, builtByNpm, builtByPython, builtByZig } from "./built.ts";
import { type EchoCase, echoCases, echoEnvironment as env } from "./echo-cases.ts";
import { startWasmtime, wasmtimePort } from "./wasmtime.ts";

type Told = { readonly status: number; readonly text: string };
type Ask = (echoCase: EchoCase) => Promise<Told> | Told;

const toolchains = [
  {
    name: "clang with wasi-libc",
    key: "fn-c",
    abi: "WasiCommand",
    module: async () => join(import.meta.dirname, "echo-c", "echo-c.wasm"),
    producers: /^Debian clang 19\./,
    failure: /unreachable/,
  },
  {
    name: "Go for wasip1",
    key: "fn-go",
    abi: "WasiCommand",
    module: () => builtByGo("echo-go"),
    producers: /^Go cmd\/compile go1\./,
    failure: /^the module exited with 2$/,
  },
  {
    name: "AssemblyScript with its WASI shim",
    key: "fn-as",
    abi: "WasiCommand",
    module: async () => join(await builtByNpm("echo-assemblyscript"), "echo.wasm"),
    producers: undefined,
    failure: /^the module exited with 255$/,
  },
  {
    name: "Zig",
    key: "fn-zig",
    abi: "WasiCommand",
    module: () => builtByZig("echo-zig"),
    producers: undefined,
    failure: /unreachable/,
  },
  {
    name: "componentize-js",
    key: "fn-js",
    abi: "WasiHttp",
    module: async () => join(await builtByNpm("echo-javascript"), "echo.wasm"),
    producers: /^ComponentizeJS 0\.23\.0$/,
    failure: undefined,
  },
  {
    name: "componentize-py",
    key: "fn-py",
    abi: "WasiHttp",
    module: () => builtByPython("echo-python"),
    producers: /^component-init-transform /,
    failure: /unreachable/,
  },
] as const;

/** Milliseconds, beside other tests on two cores. */
const firstBuild = 900_000;
const poolAddress = "127.64.2.1";
const wasmtimeAddresses: Readonly<Record<string, string>> = { "fn-js": "127.64.2.2", "fn-py": "127.64.2.3" };
/** Compiles 13 MB in 2 seconds instead of 10. */
const options = ["-Ccompiler=winch"];
const transpiler = new URL("../operator/transpiler.ts", import.meta.url).pathname;

let pool: PushedPool;
const wasmtimes: Proxy[] = [];
/** By key: a host that is not Ebb's, whose answers are the same. */
const references = new Map<string, Ask>();

beforeAll(async () => {
  pool = await PushedPool.start(poolAddress);
  const functions = await Promise.all(
    toolchains.map(async ({ key, abi, module }) => {
      const path = await module();
      const bytes = await readFile(path);
      if (abi === "WasiHttp") {
        const address = wasmtimeAddresses[key] ?? "";
        wasmtimes.push(await startWasmtime({ component: path, address, env, path: "/env", options }));
        references.set(key, (echoCase) => ask(address, wasmtimePort, echoCase));
        return [`${key}/v1`, { abi, bytes: await runTranspiler(transpiler, bytes), env }] as const;
      }
      const compiled = await WebAssembly.compile(bytes);
      references.set(key, (echoCase) => runByNode(compiled, echoCase));
      return [`${key}/v1`, { abi, bytes, env }] as const;
    }),
  );
  const { versions } = await pool.push(Object.fromEntries(functions));
  expect([...versions.values()]).toEqual(toolchains.map(() => ({ loaded: true })));
}, firstBuild);

afterAll(async () => {
  for (const wasmtime of wasmtimes) await wasmtime.stop();
  await pool.stop();
});

async function ask(
  address: string,
  port: number,
  { path, method = "GET", sent, body }: EchoCase,
  more: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const headers = { ...more, ...(sent === undefined ? {} : { "x-sent": sent }) };
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  const answer = await fetch(`http://${address}:${port}${path}`, init);
  return { status: answer.status, text: await answer.text() };
}

function runByNode(module: WebAssembly.Module, { path, method = "GET", sent, body }: EchoCase): Told {
  const headers = sent === undefined ? {} : { "x-sent": sent };
  return runCgi(module, env, { method, path, headers, ...(body === undefined ? {} : { body }) });
}

describe.each(toolchains)("$name", ({ key, abi, module, producers, failure }) => {
  const askPool: Ask = (echoCase) =>
    ask(poolAddress, ports.poolHttp, echoCase, { "x-ebb-function": `${key}/v1` });

  it("says what it is, and who made it", async () => {
    const inspected = await inspectModule(await readFile(await module()), "Auto");
    expect(inspected.abi).toBe(abi);
    if (producers === undefined) expect(inspected.report.producers).toEqual([]);
    else expect(inspected.report.producers).toContainEqual(expect.stringMatching(producers));
  });

  it.each(echoCases)("answers $title in the pool as elsewhere", async (echoCase) => {
    const expected = {
      status: echoCase.status,
      text: echoCase.answer ?? (expect.any(String) as string),
    };
    const reference = references.get(key);
    const elsewhere = echoCase.isTimed === true ? { status: echoCase.status } : expected;
    expect(await reference?.(echoCase)).toMatchObject(elsewhere);
    expect(await askPool(echoCase)).toEqual(expected);
  });

  it("fails alone", async () => {
    expect(await askPool({ title: "", path: "/fail", status: 500 })).toMatchObject({ status: 500 });
    if (failure !== undefined)
      expect(await pool.trapOf(`${key}/v1`)).toMatchObject({
        message: expect.stringMatching(failure) as string,
        stderr: expect.stringContaining("asked to fail") as string,
      });
    expect(await askPool({ title: "", path: "/status/200", status: 200 })).toMatchObject({ status: 200 });
  });
});

it("refuses what AssemblyScript builds without its shim, and names what is missing", async () => {
  const library = await readFile(join(await builtByNpm("echo-assemblyscript"), "library.wasm"));
  await expect(inspectModule(library, "Auto")).rejects.toMatchObject({
    reason: "UnsupportedImport",
    message: expect.stringMatching(/imports env\.abort;/) as string,
  });
});
