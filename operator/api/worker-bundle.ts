/**
 * A worker of several modules in one piece. The first line is JSON:
 * `{"ebbWorker":1,"compatibilityDate":"2026-10-01","compatibilityFlags":[],"modules":[["app.js",12],…]}`; after it come the
 * bytes of the modules in that order. No ES module begins like that. The pool reads it by `edge/pool/worker-bundle.ts`.
 */

/** The media type of its layer in a registry. */
export const workerBundleType = "application/vnd.ebb.worker.bundle.v1";

/** Names relative to the root, with `/`. Order counts: equal modules in equal order have equal bytes. */
export interface WorkerBundle {
  /** `YYYY-MM-DD` */
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly modules: readonly (readonly [name: string, bytes: Uint8Array])[];
}

/** The bytes begin as a bundle, but are none that can be read. */
export class WorkerBundleInvalid extends Error {
  override readonly name = "WorkerBundleInvalid";
  /** Bytes are missing at the end. */
  readonly isTruncated: boolean;

  constructor(message: string, options: ErrorOptions & { readonly isTruncated?: boolean } = {}) {
    super(message, options);
    this.isTruncated = options.isTruncated ?? false;
  }
}

const opening = '{"ebbWorker":1,';
const lineFeed = 10;
const mostModules = 1000;

export function isWorkerBundle(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, opening.length)).toString("latin1") === opening;
}

export function writeWorkerBundle(bundle: WorkerBundle): Buffer {
  const { compatibilityDate, compatibilityFlags } = bundle;
  const modules = bundle.modules.map(([name, bytes]) => [name, bytes.length]);
  const index = JSON.stringify({ ebbWorker: 1, compatibilityDate, compatibilityFlags, modules });
  return Buffer.concat([Buffer.from(`${index}\n`), ...bundle.modules.map(([, bytes]) => bytes)]);
}

/** Errors: WorkerBundleInvalid. What names and modules are is not looked at. */
export function readWorkerBundle(bytes: Uint8Array): WorkerBundle {
  const end = bytes.indexOf(lineFeed);
  const index = parseIndex(Buffer.from(bytes.subarray(0, Math.max(end, 0))).toString("utf8"));
  let at = end + 1;
  const modules = index.modules.map(([name, length]) => {
    at += length;
    return [name, bytes.subarray(at - length, at)] as const;
  });
  if (at === bytes.length) return { ...index, modules };
  throw new WorkerBundleInvalid(`has ${bytes.length} bytes, but its first line tells of ${at}`, {
    isTruncated: at > bytes.length,
  });
}

type Index = Omit<WorkerBundle, "modules"> & {
  readonly modules: readonly (readonly [name: string, length: number])[];
};

function parseIndex(line: string): Index {
  let index: Partial<Record<keyof Index, unknown>>;
  try {
    index = JSON.parse(line) as Partial<Record<keyof Index, unknown>>;
  } catch (cause) {
    throw new WorkerBundleInvalid("has a first line that is no JSON", { cause });
  }
  const { compatibilityDate, compatibilityFlags, modules } = index;
  if (typeof compatibilityDate !== "string" || !/^\d{4}-\d\d-\d\d$/.test(compatibilityDate))
    throw new WorkerBundleInvalid("has no compatibilityDate such as 2026-10-01");
  if (!Array.isArray(compatibilityFlags) || !compatibilityFlags.every((flag) => typeof flag === "string"))
    throw new WorkerBundleInvalid("has no list compatibilityFlags");
  if (!Array.isArray(modules) || !modules.every(isPart))
    throw new WorkerBundleInvalid("has no list of modules");
  if (modules.length > mostModules)
    throw new WorkerBundleInvalid(`has ${modules.length} modules, and at most ${mostModules} are allowed`);
  return { compatibilityDate, compatibilityFlags, modules };
}

function isPart(value: unknown): value is readonly [string, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [name, length] = value as unknown[];
  return typeof name === "string" && Number.isSafeInteger(length) && (length as number) >= 0;
}
