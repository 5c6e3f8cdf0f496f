/** The modules that Ebb puts before a function's own on Cloudflare, as `edge/build.ts` has built them. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
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
export async function readShims(folder: string): Promise<Shims> {
  const read = (file: string): Promise<string> => readFile(join(folder, file), "utf8");
  const [fence, WasiCommand, WasiHttp, Worker] = await Promise.all([
    read("fence.js"),
    read(files.WasiCommand),
    read(files.WasiHttp),
    read(files.Worker),
  ]);
  const hash = createHash("sha256").update([fence, WasiCommand, WasiHttp, Worker].join("\0"));
  return { digest: hash.digest("hex").slice(0, 16), fence, byAbi: { WasiCommand, WasiHttp, Worker } };
}
