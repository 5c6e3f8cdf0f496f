import { describe, expect, it } from "vitest";
import { tinyCommand } from "../../test/kit/tiny-wasm.ts";
import type { TinyCommand } from "../../test/kit/tiny-wasm.ts";
import { ByteSink } from "./byte-sink.ts";
import { GuestMemory } from "./guest-memory.ts";
import { wasiImportNames } from "./import-names.ts";
import { wasiImports } from "./imports.ts";
import { checkCommand, runCommand } from "./run-command.ts";

const compile = (command: TinyCommand) => new WebAssembly.Module(tinyCommand(command));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const input = { args: ["app"], env: {}, stdin: new Uint8Array() };

describe("runCommand", () => {
  it("gives what the command writes to stdout", () => {
    expect(text(runCommand(compile({ stdout: "hello" }), input).stdout)).toBe("hello");
  });

  it("gives the command its environment and stdin", () => {
    const module = compile({ printEnvironment: true, echo: true });
    const result = runCommand(module, {
      ...input,
      env: { A: "1", B: "ü" },
      stdin: new TextEncoder().encode("body"),
    });
    expect(text(result.stdout)).toBe("A=1\0B=ü\0body");
  });

  it("reports the exit code", () => {
    expect(runCommand(compile({ stdout: "x", end: { exit: 3 } }), input)).toMatchObject({
      exitCode: 3,
      trap: undefined,
    });
  });

  it("reports a trap", () => {
    expect(runCommand(compile({ end: "trap" }), input).trap).toBe("unreachable");
  });

  it("starts every run in a new instance", () => {
    const module = compile({ echo: true });
    const run = (stdin: string) =>
      text(runCommand(module, { ...input, stdin: new TextEncoder().encode(stdin) }).stdout);
    expect([run("longer body"), run("")]).toEqual(["longer body", ""]);
  });
});

describe("checkCommand", () => {
  it("accepts a command without running it", () => {
    expect(() => checkCommand(compile({ end: "trap" }))).not.toThrow();
  });

  it("refuses a module that exports no _start", () => {
    const empty = new WebAssembly.Module(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    expect(() => checkCommand(empty)).toThrow("does not export _start");
  });
});

it("implements exactly the imports that it lists", () => {
  const imports = wasiImports(new GuestMemory(), input, new ByteSink(1), new ByteSink(1));
  expect(Object.keys(imports).toSorted()).toEqual(wasiImportNames.toSorted());
});
