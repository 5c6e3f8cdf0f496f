/**
 * A worker of several modules in one piece. The first line is JSON:
 * `{"ebbWorker":1,"compatibilityDate":"2026-10-01","compatibilityFlags":[],"modules":[["app.js",12],…]}`; after it come the
 * bytes of the modules in that order. No ES module begins like that. `edge/pool/worker-bundle.ts` reads it at the edge.
 */
import { ModuleError } from "./module-error.ts";

/** The module whose default export has the handlers. */
export const entryModule = "app.js";

/** The media type of its layer in a registry. */
export const workerBundleType = "application/vnd.ebb.worker.bundle.v1";

/** What a module's name ends in, and what it is to those that import it. */
const moduleKinds = {
  ".js": "an ES module",
  ".mjs": "an ES module",
  ".wasm": "a WebAssembly.Module",
  ".txt": "text",
  ".html": "text",
  ".sql": "text",
  ".bin": "an ArrayBuffer",
} as const;

/** Names relative to the root, with `/`. Order counts: equal modules in equal order have equal bytes. */
export interface WorkerBundle {
  /** `YYYY-MM-DD` */
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly modules: readonly (readonly [name: string, bytes: Uint8Array])[];
}

const opening = '{"ebbWorker":1,';
/** The shim's own name at the edge. */
const reserved = "main.js";
const lineFeed = 10;

export function isWorkerBundle(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, opening.length)).toString("latin1") === opening;
}

export function writeWorkerBundle(bundle: WorkerBundle): Buffer {
  const { compatibilityDate, compatibilityFlags } = bundle;
  const modules = bundle.modules.map(([name, bytes]) => [name, bytes.length]);
  const index = JSON.stringify({ ebbWorker: 1, compatibilityDate, compatibilityFlags, modules });
  return Buffer.concat([Buffer.from(`${index}\n`), ...bundle.modules.map(([, bytes]) => bytes)]);
}

/** Errors: ModuleError, also for modules that no edge can load. */
export async function checkWorkerBundle(bytes: Uint8Array): Promise<WorkerBundle> {
  const bundle = readWorkerBundle(bytes);
  const names = bundle.modules.map(([name]) => name);
  if (!names.includes(entryModule)) throw invalid(`has no ${entryModule}, which exports the handlers`);
  if (new Set(names).size < names.length) throw invalid("names a module twice");
  for (const [name, content] of bundle.modules) await checkModule(name, content);
  return bundle;
}

function readWorkerBundle(bytes: Uint8Array): WorkerBundle {
  const end = bytes.indexOf(lineFeed);
  const index = parseIndex(Buffer.from(bytes.subarray(0, Math.max(end, 0))).toString("utf8"));
  let at = end + 1;
  const modules = index.modules.map(([name, length]) => {
    at += length;
    return [name, bytes.subarray(at - length, at)] as const;
  });
  if (at === bytes.length) return { ...index, modules };
  const message = `The worker bundle has ${bytes.length} bytes, but its first line tells of ${at}.`;
  throw new ModuleError(at > bytes.length ? "ModuleTruncated" : "ModuleInvalid", message);
}

type Index = Omit<WorkerBundle, "modules"> & {
  readonly modules: readonly (readonly [name: string, length: number])[];
};

function parseIndex(line: string): Index {
  let index: Partial<Record<keyof Index, unknown>>;
  try {
    index = JSON.parse(line) as Partial<Record<keyof Index, unknown>>;
  } catch (cause) {
    throw invalid("has a first line that is no JSON", { cause });
  }
  const { compatibilityDate, compatibilityFlags, modules } = index;
  if (typeof compatibilityDate !== "string" || !/^\d{4}-\d\d-\d\d$/.test(compatibilityDate))
    throw invalid("has no compatibilityDate such as 2026-10-01");
  if (!Array.isArray(compatibilityFlags) || !compatibilityFlags.every((flag) => typeof flag === "string"))
    throw invalid("has no list compatibilityFlags");
  if (!Array.isArray(modules) || !modules.every(isPart)) throw invalid("has no list of modules");
  return { compatibilityDate, compatibilityFlags, modules };
}

function isPart(value: unknown): value is readonly [string, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [name, length] = value as unknown[];
  return typeof name === "string" && Number.isSafeInteger(length) && (length as number) >= 0;
}

async function checkModule(name: string, content: Uint8Array): Promise<void> {
  const isPath = /^[\w@+~.-]+(?:\/[\w@+~.-]+)*$/.test(name) && !name.split("/").includes("..");
  if (!isPath || name === reserved)
    throw invalid(`has a module that may not be named ${JSON.stringify(name)}`);
  const end = Object.keys(moduleKinds).find((each) => name.endsWith(each));
  if (end === undefined)
    throw invalid(`has the module ${name}; names end in ${Object.keys(moduleKinds).join(", ")}`);
  try {
    if (end === ".wasm") await WebAssembly.compile(Uint8Array.from(content));
    else if (end !== ".bin") new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (cause) {
    const found = end === ".wasm" ? "valid WebAssembly" : "text in UTF-8";
    throw invalid(`has the module ${name}, which is not ${found}`, { cause });
  }
}

function invalid(what: string, options?: ErrorOptions): ModuleError {
  return new ModuleError(
    "ModuleInvalid",
    `The worker bundle ${what}. Make it with: kubectl ebb build`,
    options,
  );
}
