/** Runs a WASI preview 1 command: one new instance a run. */
import { ByteSink } from "./byte-sink.ts";
import { GuestMemory } from "./guest-memory.ts";
import { wasiModule } from "./import-names.ts";
import { Exit, wasiImports } from "./imports.ts";
import type { CommandInput } from "./imports.ts";

/** Bytes a command may write to stdout; more fails its write with EFBIG. */
const stdoutLimit = 32 * 1024 * 1024;
const stderrLimit = 64 * 1024;

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array<ArrayBuffer>;
  readonly stderr: Uint8Array<ArrayBuffer>;
  /** What ended the command, when it was not an exit. */
  readonly trap: string | undefined;
}

interface Prepared {
  readonly start: () => unknown;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
}

/** Instantiates module without running `_start`; throws with the reason when it is no command. */
export function checkCommand(module: WebAssembly.Module): void {
  instantiate(module, { args: [], env: {}, stdin: new Uint8Array() });
}

/** Never throws for what module does. */
export function runCommand(module: WebAssembly.Module, input: CommandInput): CommandResult {
  const { start, stdout, stderr } = instantiate(module, input);
  const finish = (exitCode: number, trap?: string): CommandResult => ({
    exitCode,
    stdout: stdout.read(),
    stderr: stderr.read(),
    trap,
  });
  try {
    start();
    return finish(0);
  } catch (error) {
    if (error instanceof Exit) return finish(error.code);
    return finish(1, error instanceof Error ? error.message : String(error));
  }
}

function instantiate(module: WebAssembly.Module, input: CommandInput): Prepared {
  const memory = new GuestMemory();
  const stdout = new ByteSink(stdoutLimit);
  const stderr = new ByteSink(stderrLimit);
  const instance = new WebAssembly.Instance(module, {
    [wasiModule]: wasiImports(memory, input, stdout, stderr),
  });
  const { memory: exported, _start: start } = instance.exports;
  if (typeof start !== "function")
    throw new Error("the module is no WASI command: it does not export _start");
  if (!isMemory(exported)) throw new Error("the module is no WASI command: it does not export its memory");
  memory.attach(exported);
  return { start: () => Reflect.apply(start, undefined, []), stdout, stderr };
}

function isMemory(value: unknown): value is WebAssembly.Memory {
  return value instanceof WebAssembly.Memory;
}
