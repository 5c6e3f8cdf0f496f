/** The component ABI of wasi:http 0.2: what a component must export, and what the edge offers it. */
import { ModuleError, namesOf } from "./module-error.ts";
import type { Component } from "./wasm/component.ts";

const handler = /^wasi:http\/incoming-handler@0\.2\.\d+$/;
const versioned = /^(.+)@0\.2\.\d+$/;

/**
 * Interfaces of WASI 0.2 that the edge offers, in any 0.2.x; edge/wasi-http has them, and a test compares the two. Files
 * and sockets are among them because the libraries of languages import them: there are none to open.
 */
export const offeredInterfaces: ReadonlySet<string> = new Set([
  "wasi:cli/environment",
  "wasi:cli/exit",
  "wasi:cli/stderr",
  "wasi:cli/stdin",
  "wasi:cli/stdout",
  "wasi:cli/terminal-input",
  "wasi:cli/terminal-output",
  "wasi:cli/terminal-stderr",
  "wasi:cli/terminal-stdin",
  "wasi:cli/terminal-stdout",
  "wasi:clocks/monotonic-clock",
  "wasi:clocks/wall-clock",
  "wasi:filesystem/preopens",
  "wasi:filesystem/types",
  "wasi:http/outgoing-handler",
  "wasi:http/types",
  "wasi:io/error",
  "wasi:io/poll",
  "wasi:io/streams",
  "wasi:random/insecure",
  "wasi:random/insecure-seed",
  "wasi:random/random",
  "wasi:sockets/instance-network",
  "wasi:sockets/ip-name-lookup",
  "wasi:sockets/network",
  "wasi:sockets/tcp",
  "wasi:sockets/tcp-create-socket",
  "wasi:sockets/udp",
  "wasi:sockets/udp-create-socket",
]);

/** Errors: ModuleError `ModuleNotHandler` and `UnsupportedImport`, which names what is missing. */
export function requireWasiHttp({ imports, exports }: Component): void {
  if (!exports.some(({ name, kind }) => kind === "instance" && handler.test(name)))
    throw new ModuleError(
      "ModuleNotHandler",
      `The component exports ${namesOf(exports.map(({ name }) => name)) || "nothing"}, not wasi:http/incoming-handler@0.2.x. Build it for the world wasi:http/proxy of WASI 0.2.`,
    );
  const missing = imports.filter(({ name, kind }) => {
    const offered = versioned.exec(name)?.[1];
    return kind !== "instance" || offered === undefined || !offeredInterfaces.has(offered);
  });
  if (missing.length === 0) return;
  throw new ModuleError(
    "UnsupportedImport",
    `The component imports ${namesOf(missing.map(({ name }) => name))}, which the edge does not offer: it has wasi:cli, clocks, http, io and random of WASI 0.2, and no store, configuration or other host.`,
  );
}
