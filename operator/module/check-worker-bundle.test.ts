import { describe, expect, it } from "vitest";
import { tinyCommand } from "../../test/kit/tiny-wasm.ts";
import { inspectModule } from "./inspect.ts";
import { isWorkerBundle, writeWorkerBundle } from "../api/worker-bundle.ts";
import { checkWorkerBundle } from "./check-worker-bundle.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const settings = { compatibilityDate: "2026-09-01", compatibilityFlags: ["nodejs_compat"] };
const script = bytes("export default {};");
const bundle = (...modules: [string, Uint8Array][]) => writeWorkerBundle({ ...settings, modules });
const index = (change: object) =>
  bytes(`${JSON.stringify({ ebbWorker: 1, ...settings, modules: [], ...change })}\n`);

it("is read as it was written", async () => {
  const modules = [
    ["app.js", script],
    ["lib/sum.wasm", tinyCommand({ stdout: "" })],
    ["page.html", bytes("<p>grüße</p>\n")],
    ["none.bin", new Uint8Array()],
  ] as const;
  const written = writeWorkerBundle({ ...settings, modules });
  const read = await checkWorkerBundle(written);
  expect(read).toMatchObject(settings);
  expect(read.modules.map(([name, content]) => [name, [...content]])).toEqual(
    modules.map(([name, content]) => [name, [...content]]),
  );
});

it("is known from its first bytes, also by ABI Auto", async () => {
  const written = bundle(["app.js", script]);
  expect([isWorkerBundle(written), isWorkerBundle(script)]).toEqual([true, false]);
  for (const abi of ["Auto", "Worker"] as const)
    expect(await inspectModule(written, abi)).toMatchObject({
      abi: "Worker",
      report: { imports: ["app.js"] },
    });
  await expect(inspectModule(written, "WasiHttp")).rejects.toMatchObject({ reason: "ModuleNotWasm" });
});

describe("is refused when", () => {
  it.each([
    ["its first line is no JSON", bytes('{"ebbWorker":1,'), "first line that is no JSON"],
    ["there is no date", index({ compatibilityDate: "today" }), "no compatibilityDate"],
    ["flags are no list", index({ compatibilityFlags: "nodejs_compat" }), "no list compatibilityFlags"],
    ["a length is negative", index({ modules: [["app.js", -1]] }), "no list of modules"],
    ["a module is cut off", index({ modules: [["app.js", 9]] }), "but its first line tells of"],
    ["there is no entry", bundle(["other.js", script]), "has no app.js"],
    ["a name is there twice", bundle(["app.js", script], ["app.js", script]), "names a module twice"],
    ["a name is the shim's", bundle(["app.js", script], ["main.js", script]), 'named "main.js"'],
    ["a name is one of Ebb's", bundle(["app.js", script], ["ebb-shim.js", script]), 'named "ebb-shim.js"'],
    ["a name leads out", bundle(["app.js", script], ["../x.js", script]), 'named "../x.js"'],
    [
      "a name says where it is",
      bundle(["app.js", script], ["./ebb-fence.js", script]),
      'named "./ebb-fence.js"',
    ],
    ["a name has an empty step", bundle(["app.js", script], ["x/./y.js", script]), 'named "x/./y.js"'],
    ["modules are many", index({ modules: Array.from({ length: 1001 }, () => ["", 0]) }), "1001 modules"],
    ["a kind is unknown", bundle(["app.js", script], ["x.py", script]), "x.py; names end in .js"],
    [
      "Wasm is none",
      bundle(["app.js", script], ["x.wasm", script]),
      "x.wasm, which is not valid WebAssembly",
    ],
    ["text is no UTF-8", bundle(["app.js", Uint8Array.of(0xff)]), "app.js, which is not text in UTF-8"],
  ])("%s", async (_why, written, says) => {
    await expect(checkWorkerBundle(written)).rejects.toThrow(says);
  });
});
