import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { inspectModule, type RequestedAbi } from "./inspect.ts";
import type { ModuleRefusal } from "./module-error.ts";

const u8 = (...bytes: number[]) => Uint8Array.from(bytes);
const text = (value: string) => Buffer.from(value, "utf8");
const section = (id: number, body: readonly number[]) => [id, body.length, ...body];
const name = (value: string) => [value.length, ...Buffer.from(value, "utf8")];
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** A core module of one type () -> (), with one function import when given, one function, and its exports. */
function core(options: {
  readonly imported?: readonly [string, string];
  readonly exported?: string;
}): Uint8Array {
  const imports =
    options.imported === undefined
      ? []
      : section(2, [1, ...name(options.imported[0]), ...name(options.imported[1]), 0, 0]);
  const index = options.imported === undefined ? 0 : 1;
  const exported = options.exported ?? "_start";
  return u8(
    ...header,
    ...section(1, [1, 0x60, 0, 0]),
    ...imports,
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name(exported), 0, index, ...name("memory"), 2, 0]),
    ...section(10, [1, 2, 0, 0x0b]),
  );
}

const componentHeader = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

/** A component of one instance import and one instance export, with no substance. */
function component({
  imported = "wasi:http/types@0.2.4",
  exported = "wasi:http/incoming-handler@0.2.4",
}: {
  readonly imported?: string;
  readonly exported?: string;
} = {}): Uint8Array {
  return u8(
    ...componentHeader,
    ...section(10, [1, 0, ...name(imported), 5, 0]),
    ...section(11, [1, 0, ...name(exported), 5, 0, 0]),
  );
}

it.each(["0.2.0", "0.2.12"])("takes a component with a handler of WASI %s as WasiHttp", async (version) => {
  const bytes = component({ exported: `wasi:http/incoming-handler@${version}` });
  for (const abi of ["Auto", "WasiHttp"] as const)
    expect(await inspectModule(bytes, abi)).toMatchObject({ abi: "WasiHttp", size: bytes.length });
});

it("reports what a toolchain put into a component", async () => {
  const file = readFileSync(new URL("../../bench/peers/wasi-http-hello/hello.wasm", import.meta.url));
  const { abi, report } = await inspectModule(file, "Auto");
  expect(abi).toBe("WasiHttp");
  expect(report).toMatchObject({
    kind: "component",
    exports: ["wasi:http/incoming-handler@0.2.4"],
    memories: ["1114112.."],
  });
  expect(report.imports).toContain("wasi:http/types@0.2.4");
  expect(report.producers).toContainEqual(expect.stringMatching(/^rustc 1\./));
});

it("reports imports, exports and memory of a core module", async () => {
  const { report } = await inspectModule(core({ imported: ["wasi_snapshot_preview1", "proc_exit"] }), "Auto");
  expect(report).toEqual({
    kind: "core",
    imports: ["wasi_snapshot_preview1"],
    exports: ["_start", "memory"],
    memories: ["65536.."],
    producers: [],
  });
});

it("takes a core module with _start as a WasiCommand", async () => {
  const inspected = await inspectModule(core({ imported: ["wasi_snapshot_preview1", "proc_exit"] }), "Auto");
  expect(inspected).toMatchObject({ abi: "WasiCommand" });
  expect(inspected.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
});

it("takes text as a Worker only when asked to", async () => {
  const script = text("export default { fetch: () => new Response('hi') };");
  await expect(inspectModule(script, "Worker")).resolves.toMatchObject({
    abi: "Worker",
    size: script.length,
  });
  await expect(inspectModule(script, "Auto")).rejects.toMatchObject({ reason: "ModuleNotWasm" });
});

it.each<[string, Uint8Array, RequestedAbi, ModuleRefusal, RegExp]>([
  ["no bytes", u8(), "Auto", "ModuleEmpty", /no bytes/],
  ["half a header", u8(0, 0x61, 0x73, 0x6d, 1), "Auto", "ModuleTruncated", /after 5 bytes/],
  ["half a module", core({}).subarray(0, 40), "Auto", "ModuleTruncated", /not valid WebAssembly/],
  ["a PNG", u8(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), "Auto", "ModuleNotWasm", /a PNG image/],
  ["an unknown version", u8(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), "Auto", "ModuleInvalid", /version 2\.0\.0\.0/],
  ["a component as a command", component(), "WasiCommand", "ModuleIsComponent", /wasm32-wasip1/],
  ["a core module as a component", core({}), "WasiHttp", "ModuleNotComponent", /wasm32-wasip2/],
  ["a component of nothing", u8(...componentHeader), "Auto", "ModuleNotHandler", /exports nothing/],
  [
    "a command as a component",
    component({ exported: "wasi:cli/run@0.2.4" }),
    "Auto",
    "ModuleNotHandler",
    /exports wasi:cli\/run@0\.2\.4, not/,
  ],
  [
    "a handler of WASI 0.3",
    component({ exported: "wasi:http/handler@0.3.0" }),
    "Auto",
    "ModuleNotHandler",
    /wasi:http\/handler@0\.3\.0/,
  ],
  [
    "a component that wants a store",
    component({ imported: "wasi:keyvalue/store@0.2.0-draft" }),
    "Auto",
    "UnsupportedImport",
    /wasi:keyvalue\/store@0\.2\.0-draft/,
  ],
  [
    "a component that wants interfaces of WASI 0.3",
    component({ imported: "wasi:http/types@0.3.0" }),
    "WasiHttp",
    "UnsupportedImport",
    /wasi:http\/types@0\.3\.0/,
  ],
  [
    "a foreign import",
    core({ imported: ["env", "host_call"] }),
    "WasiCommand",
    "UnsupportedImport",
    /env\.host_call/,
  ],
  [
    "an unknown WASI function",
    core({ imported: ["wasi_snapshot_preview1", "fd_fly"] }),
    "Auto",
    "UnsupportedImport",
    /fd_fly/,
  ],
  ["a library", core({ exported: "run" }), "Auto", "ModuleNotCommand", /_start/],
  ["WebAssembly as a Worker", core({}), "Worker", "ModuleInvalid", /module\.abi to Auto/],
  ["a PNG as a Worker", u8(0x89, 0x50, 0x4e, 0x47, 0xff), "Worker", "ModuleInvalid", /a PNG image/],
])("refuses %s", async (_title, bytes, abi, reason, message) => {
  await expect(inspectModule(bytes, abi)).rejects.toMatchObject({
    reason,
    message: expect.stringMatching(message),
  });
});

it("keeps to its refusals for every truncation of a module", async () => {
  const whole = core({ imported: ["wasi_snapshot_preview1", "proc_exit"] });
  for (let length = 0; length < whole.length; length++)
    await expect(inspectModule(whole.subarray(0, length), "Auto")).rejects.toHaveProperty("reason");
});
