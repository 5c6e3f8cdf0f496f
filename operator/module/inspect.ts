/** Reads what a module's bytes are and which ABI they speak; refuses what no edge of this release can run. */
import { digestOf } from "./digest.ts";
import { ModuleError, namesOf } from "./module-error.ts";
import {
  type ModuleReport,
  reportOfComponent,
  reportOfCore,
  reportOfWorker,
  scriptReport,
} from "./module-report.ts";
import { requireWasiHttp } from "./wasi-http.ts";
import { isWasiPreview1Function } from "./wasi-preview1.ts";
import { WasmFormatError } from "./wasm/binary-reader.ts";
import { readComponent } from "./wasm/component.ts";
import { type CoreImport, type CoreModule, readCoreModule } from "./wasm/core-module.ts";
import { layerOf, wasmMagic } from "./wasm/sections.ts";
import { isWorkerBundle } from "../api/worker-bundle.ts";
import { checkWorkerBundle } from "./check-worker-bundle.ts";

type ModuleAbi = "WasiCommand" | "WasiHttp" | "Worker";
export type RequestedAbi = "Auto" | ModuleAbi;

export interface InspectedModule {
  readonly abi: ModuleAbi;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly report: ModuleReport;
}

/**
 * Errors: ModuleError. The bytes are parsed, never guessed from a name. Caveats: the inside of a component's core modules
 * is not validated here: the adapter does that, in a process of its own.
 */
export async function inspectModule(bytes: Uint8Array, requested: RequestedAbi): Promise<InspectedModule> {
  if (bytes.length === 0) throw new ModuleError("ModuleEmpty", "The module has no bytes.");
  const { abi, report } = await inspectKind(bytes, requested);
  return { abi, digest: digestOf(bytes), size: bytes.length, report };
}

type Found = Pick<InspectedModule, "abi" | "report">;

async function inspectKind(bytes: Uint8Array, requested: RequestedAbi): Promise<Found> {
  const mayBeWorker = requested === "Worker" || requested === "Auto";
  if (mayBeWorker && isWorkerBundle(bytes)) {
    const { modules } = await checkWorkerBundle(bytes);
    return { abi: "Worker", report: reportOfWorker(modules.map(([name]) => name)) };
  }
  return requested === "Worker" ? inspectScript(bytes) : await inspectWasm(bytes, requested);
}

function inspectScript(bytes: Uint8Array): Found {
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
  return { abi: "Worker", report: scriptReport };
}

async function inspectWasm(bytes: Uint8Array, requested: Exclude<RequestedAbi, "Worker">): Promise<Found> {
  if (!startsWith(bytes, wasmMagic))
    throw new ModuleError(
      "ModuleNotWasm",
      `The module is ${describe(bytes)}, not WebAssembly. A JavaScript module needs module.abi: Worker.`,
    );
  const layer = read(() => layerOf(bytes));
  if (layer === undefined)
    throw new ModuleError(
      "ModuleInvalid",
      `The module says that it is version ${[...bytes.subarray(4, 8)].join(".")} of WebAssembly; known are 1.0.0.0 and, for components, 13.0.1.0.`,
    );
  if (layer === "core" && requested === "WasiHttp")
    throw new ModuleError(
      "ModuleNotComponent",
      "The module is a core module, but abi: WasiHttp runs a component. Set module.abi to Auto, or build for wasm32-wasip2.",
    );
  if (layer === "component" && requested === "WasiCommand")
    throw new ModuleError(
      "ModuleIsComponent",
      "The module is a WebAssembly component, but abi: WasiCommand runs a core module. Set module.abi to Auto, or build for wasm32-wasip1.",
    );
  return layer === "core" ? inspectCommand(bytes) : inspectComponent(bytes);
}

function inspectComponent(bytes: Uint8Array): Found {
  const component = read(() => readComponent(bytes));
  requireWasiHttp(component);
  return { abi: "WasiHttp", report: reportOfComponent(component) };
}

async function inspectCommand(bytes: Uint8Array): Promise<Found> {
  await validate(bytes);
  const module = read(() => readCoreModule(bytes));
  refuseImports(module.imports);
  if (!isCommand(module))
    throw new ModuleError(
      "ModuleNotCommand",
      "The module does not export _start and memory, so it is no WASI command. Build a program with a main function, not a library.",
    );
  return { abi: "WasiCommand", report: reportOfCore(module) };
}

function isCommand({ exports }: CoreModule): boolean {
  const names = new Set(exports.map(({ kind, name }) => `${kind} ${name}`));
  return names.has("function _start") && names.has("memory memory");
}

/** What is not understood of the form is the module's fault. */
function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof WasmFormatError)) throw error;
    const reason = error.isTruncated ? "ModuleTruncated" : "ModuleInvalid";
    throw new ModuleError(reason, `The module is not valid WebAssembly: ${error.message}.`, { cause: error });
  }
}

async function validate(bytes: Uint8Array): Promise<void> {
  try {
    await WebAssembly.compile(Uint8Array.from(bytes));
  } catch (error) {
    const detail =
      error instanceof Error ? error.message.replace(/^WebAssembly\.compile\(\): /, "") : String(error);
    const reason = /past end|extends past|expected \d+ bytes|end of|out of bounds|fell off/.test(detail)
      ? "ModuleTruncated"
      : "ModuleInvalid";
    throw new ModuleError(reason, `The module is not valid WebAssembly: ${detail}.`, { cause: error });
  }
}

function refuseImports(imports: readonly CoreImport[]): void {
  const unknown = imports.filter(
    ({ module, kind, name }) =>
      module !== "wasi_snapshot_preview1" || kind !== "function" || !isWasiPreview1Function(name),
  );
  if (unknown.length === 0) return;
  throw new ModuleError(
    "UnsupportedImport",
    `The module imports ${namesOf(unknown.map(({ module, name }) => `${module}.${name}`))}; the edge offers the functions of wasi_snapshot_preview1 only.`,
  );
}

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
