/** Whether a worker of several modules is one that edges can load. */
import { entryModule } from "../api/bundle.ts";
import { readWorkerBundle, type WorkerBundle, WorkerBundleInvalid } from "../api/worker-bundle.ts";
import { ModuleError } from "./module-error.ts";

/** What the name of a module may end in. */
const endings = [".js", ".mjs", ".wasm", ".txt", ".html", ".sql", ".bin"];

/** The names of what Ebb adds: at the pool, and at Cloudflare. */
const reserved = /^(?:main\.js$|ebb-)/;

/** Errors: ModuleError, also for modules that no edge can load. */
export async function checkWorkerBundle(bytes: Uint8Array): Promise<WorkerBundle> {
  const bundle = read(bytes);
  const names = bundle.modules.map(([name]) => name);
  if (!names.includes(entryModule)) throw invalid(`has no ${entryModule}, which exports the handlers`);
  if (new Set(names).size < names.length) throw invalid("names a module twice");
  for (const [name, content] of bundle.modules) await checkModule(name, content);
  return bundle;
}

function read(bytes: Uint8Array): WorkerBundle {
  try {
    return readWorkerBundle(bytes);
  } catch (error) {
    if (!(error instanceof WorkerBundleInvalid)) throw error;
    throw invalid(error.message, { cause: error }, error.isTruncated ? "ModuleTruncated" : "ModuleInvalid");
  }
}

async function checkModule(name: string, content: Uint8Array): Promise<void> {
  const isPath =
    /^[\w@+~.-]+(?:\/[\w@+~.-]+)*$/.test(name) &&
    !name.split("/").some((part) => part === "." || part === "..");
  if (!isPath || reserved.test(name))
    throw invalid(`has a module that may not be named ${JSON.stringify(name)}`);
  const ending = endings.find((each) => name.endsWith(each));
  if (ending === undefined) throw invalid(`has the module ${name}; names end in ${endings.join(", ")}`);
  try {
    if (ending === ".wasm") await WebAssembly.compile(Uint8Array.from(content));
    else if (ending !== ".bin") new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (cause) {
    const found = ending === ".wasm" ? "valid WebAssembly" : "text in UTF-8";
    throw invalid(`has the module ${name}, which is not ${found}`, { cause });
  }
}

function invalid(
  what: string,
  options?: ErrorOptions,
  reason: "ModuleInvalid" | "ModuleTruncated" = "ModuleInvalid",
): ModuleError {
  return new ModuleError(reason, `The worker bundle ${what}. Make it with: kubectl ebb build`, options);
}
