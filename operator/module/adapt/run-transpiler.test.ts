import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readBundle } from "../../../edge/pool/bundle.ts";
import { runTranspiler, TranspilerEnded } from "./run-transpiler.ts";

const program = fileURLToPath(new URL("../../transpiler.ts", import.meta.url));
const component = readFileSync(new URL("../../../bench/peers/wasi-http-hello/hello.wasm", import.meta.url));

it("makes an ES module with its Wasm beside it, the same each time", async () => {
  const [first, second] = await Promise.all([
    runTranspiler(program, component),
    runTranspiler(program, component),
  ]);
  expect(first?.equals(second ?? Buffer.of())).toBe(true);
  const modules = readBundle(Uint8Array.from(first ?? []).buffer);
  expect(Object.keys(modules)).toEqual(expect.arrayContaining(["app.js", "app.core.wasm"]));
  for (const name of Object.keys(modules).filter((each) => each.endsWith(".wasm")))
    expect(modules["app.js"]).toContain(`from "${name}"`);
});

it("says why it cannot take a component", async () => {
  await expect(runTranspiler(program, component.subarray(0, 20_000))).rejects.toMatchObject({
    reason: "ModuleNotAdapted",
    message: expect.stringContaining("unexpected end-of-file") as string,
  });
});

it.each([
  ["time", { time: 50, memory: 192 }, "SIGKILL"],
  ["memory", { time: 60_000, memory: 8 }, "8 MiB"],
])("ends when its %s is used up", async (_what, limits, said) => {
  const ended = runTranspiler(program, component, limits);
  await expect(ended).rejects.toBeInstanceOf(TranspilerEnded);
  await expect(ended).rejects.toThrow(said);
});
