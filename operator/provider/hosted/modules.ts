/** The modules that every edge is given alike. */
import { entryModule, readBundle } from "../../api/bundle.ts";
import { isWorkerBundle, readWorkerBundle, type WorkerBundle } from "../../api/worker-bundle.ts";
import type { Artifact } from "../provider.ts";

/** The function's own, by the names that the shims import; what it says of the runtime, if it does. */
export function ownCode(
  abi: Artifact["abi"],
  bytes: Uint8Array,
): Partial<WorkerBundle> & Pick<WorkerBundle, "modules"> {
  switch (abi) {
    case "WasiCommand":
      return { modules: [["app.wasm", bytes]] };
    case "WasiHttp":
      return { modules: readBundle(bytes) };
    case "Worker":
      return isWorkerBundle(bytes) ? readWorkerBundle(bytes) : { modules: [[entryModule, bytes]] };
  }
}

/** `ebb-settings.js`, frozen: the function's own code can import it too. */
export function settingsModule({ egress = [], requestTimeout }: Artifact): string {
  const settings = { egress, ...(requestTimeout === undefined ? {} : { requestTimeoutMs: requestTimeout }) };
  const reviver = "(_key, value) => Object.freeze(value)";
  return `export const settings = JSON.parse(${JSON.stringify(JSON.stringify(settings))}, ${reviver});\n`;
}
