/** The modules that Ebb puts before a function's own at an edge that others run, as `edge/build.ts` has built them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Abi } from "../provider.ts";

export interface Shims {
  /** Follows from their text: another operator's shims make other versions. */
  readonly digest: string;
  readonly fence: string;
  readonly byAbi: Readonly<Record<Abi, string>>;
}

const files: Readonly<Record<Abi, string>> = {
  WasiCommand: "wasi-command.js",
  WasiHttp: "wasi-http.js",
  Worker: "worker-module.js",
};

/** Errors: those of reading folder. */
export function readShims(folder: string): Shims {
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  const fence = read("fence.js");
  const byAbi = {
    WasiCommand: read(files.WasiCommand),
    WasiHttp: read(files.WasiHttp),
    Worker: read(files.Worker),
  };
  const hash = createHash("sha256").update([fence, ...Object.values(byAbi)].join("\0"));
  return { digest: hash.digest("hex").slice(0, 16), fence, byAbi };
}
