/** Reads what a module's bytes are and which ABI they speak; refuses what no edge of this release can run. */
import { createHash } from "node:crypto";
import { isWasiPreview1Function } from "./wasi-preview1.ts";

type ModuleAbi = "WasiCommand" | "Worker";
export type RequestedAbi = "Auto" | ModuleAbi;

export interface InspectedModule {
  readonly abi: ModuleAbi;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

export type ModuleRefusal =
  | "ModuleEmpty"
  | "ModuleTruncated"
  | "ModuleNotWasm"
  | "ModuleInvalid"
  | "ModuleIsComponent"
  | "UnsupportedImport"
  | "ModuleNotCommand";

/** Why bytes cannot run; message is a sentence for the module's author. */
export class ModuleError extends Error {
  readonly reason: ModuleRefusal;
  constructor(reason: ModuleRefusal, message: string) {
    super(message);
    this.name = "ModuleError";
    this.reason = reason;
  }
}

/** Errors: ModuleError. The bytes are parsed, never guessed from a name. */
export async function inspectModule(bytes: Uint8Array, requested: RequestedAbi): Promise<InspectedModule> {
  if (bytes.length === 0) throw new ModuleError("ModuleEmpty", "The module has no bytes.");
  const abi = requested === "Worker" ? "Worker" : "WasiCommand";
  if (abi === "Worker") inspectScript(bytes);
  else await inspectCommand(bytes);
  return { abi, digest: digestOf(bytes), size: bytes.length };
}

/** `sha256:` and 64 hex digits. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function inspectScript(bytes: Uint8Array): void {
  if (startsWith(bytes, wasmMagic))
    throw new ModuleError(
      "ModuleInvalid",
      "The module is WebAssembly, but abi: Worker runs a JavaScript ES module. Set module.abi to Auto.",
    );
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ModuleError(
      "ModuleInvalid",
      `The module is ${describe(bytes)}, but abi: Worker runs a JavaScript ES module in UTF-8.`,
    );
  }
}

async function inspectCommand(bytes: Uint8Array): Promise<void> {
  if (!startsWith(bytes, wasmMagic))
    throw new ModuleError(
      "ModuleNotWasm",
      `The module is ${describe(bytes)}, not WebAssembly. A JavaScript module needs module.abi: Worker.`,
    );
  if (bytes.length < 8)
    throw new ModuleError(
      "ModuleTruncated",
      `The module ends after ${bytes.length} bytes, inside its header.`,
    );
  if (startsWith(bytes.subarray(4), componentLayer))
    throw new ModuleError(
      "ModuleIsComponent",
      "The module is a WebAssembly component; this release runs core modules. Build it for wasm32-wasip1 as a command.",
    );
  const module = await compile(bytes);
  refuseImports(WebAssembly.Module.imports(module));
  const exports = new Set(WebAssembly.Module.exports(module).map((entry) => `${entry.kind} ${entry.name}`));
  if (!exports.has("function _start") || !exports.has("memory memory"))
    throw new ModuleError(
      "ModuleNotCommand",
      "The module does not export _start and memory, so it is no WASI command. Build a program with a main function, not a library.",
    );
}

async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(Uint8Array.from(bytes));
  } catch (error) {
    const detail =
      error instanceof Error ? error.message.replace(/^WebAssembly\.compile\(\): /, "") : String(error);
    const reason = /past end|extends past|expected \d+ bytes|end of|out of bounds|fell off/.test(detail)
      ? "ModuleTruncated"
      : "ModuleInvalid";
    throw new ModuleError(reason, `The module is not valid WebAssembly: ${detail}.`);
  }
}

function refuseImports(imports: readonly WebAssembly.ModuleImportDescriptor[]): void {
  const unknown = imports.filter(
    (entry) =>
      entry.module !== "wasi_snapshot_preview1" ||
      entry.kind !== "function" ||
      !isWasiPreview1Function(entry.name),
  );
  if (unknown.length === 0) return;
  const names = unknown.slice(0, 5).map((entry) => `${entry.module}.${entry.name}`);
  const more = unknown.length > names.length ? ` and ${unknown.length - names.length} more` : "";
  throw new ModuleError(
    "UnsupportedImport",
    `The module imports ${names.join(", ")}${more}; the edge offers the functions of wasi_snapshot_preview1 only.`,
  );
}

const wasmMagic = [0x00, 0x61, 0x73, 0x6d];
/** Version 13, layer 1: the binary format of the component model. */
const componentLayer = [0x0d, 0x00, 0x01, 0x00];

const knownFormats: readonly (readonly [string, readonly number[]])[] = [
  ["a PNG image", [0x89, 0x50, 0x4e, 0x47]],
  ["a gzip archive", [0x1f, 0x8b]],
  ["a ZIP archive", [0x50, 0x4b, 0x03, 0x04]],
  ["a native Linux executable", [0x7f, 0x45, 0x4c, 0x46]],
];

function describe(bytes: Uint8Array): string {
  const known = knownFormats.find(([, magic]) => startsWith(bytes, magic));
  if (known !== undefined) return known[0];
  const first = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `a file that starts with ${first.join(" ")}`;
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}
