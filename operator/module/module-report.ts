/** What was found in a module, for the log: short, and the same for the same bytes. */
import type { Component } from "./wasm/component.ts";
import type { CoreModule, MemoryLimits } from "./wasm/core-module.ts";

export interface ModuleReport {
  readonly kind: "script" | "core" | "component";
  /** Modules of a core module or of a worker's bundle, interfaces of a component; each once, in order. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Such as `1114112..` or `65536..1048576`, in bytes. */
  readonly memories: readonly string[];
  /** Tools that say they made it, such as `rustc 1.85.1`. */
  readonly producers: readonly string[];
}

/** Names of one list in a report. */
const most = 32;

export const scriptReport: ModuleReport = {
  kind: "script",
  imports: [],
  exports: [],
  memories: [],
  producers: [],
};

export function reportOfWorker(modules: readonly string[]): ModuleReport {
  return { ...scriptReport, imports: short(modules) };
}

export function reportOfCore(module: CoreModule): ModuleReport {
  return {
    kind: "core",
    imports: short(module.imports.map((entry) => entry.module)),
    exports: short(module.exports.map(({ name }) => name)),
    memories: module.memories.slice(0, most).map(limitsText),
    producers: short(module.producers),
  };
}

export function reportOfComponent({ imports, exports, modules, producers }: Component): ModuleReport {
  return {
    kind: "component",
    imports: short(imports.map(({ name }) => name)),
    exports: short(exports.map(({ name }) => name)),
    memories: modules
      .flatMap(({ memories }) => memories)
      .slice(0, most)
      .map(limitsText),
    producers: short([...producers, ...modules.flatMap((module) => module.producers)]),
  };
}

function short(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted().slice(0, most);
}

function limitsText({ initial, maximum }: MemoryLimits): string {
  return `${initial}..${maximum ?? ""}`;
}
