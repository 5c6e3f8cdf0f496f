/** The modules that every edge is given alike. */
import { readBundle } from "../../api/bundle.ts";
import type { Artifact } from "../provider.ts";

/** The function's own, by the names that the shims import. */
export function ownModules(abi: Artifact["abi"], bytes: Uint8Array): [name: string, content: Uint8Array][] {
  switch (abi) {
    case "WasiCommand":
      return [["app.wasm", bytes]];
    case "WasiHttp":
      return readBundle(bytes);
    case "Worker":
      return [["app.js", bytes]];
  }
}

/** `ebb-settings.js`, frozen: the function's own code can import it too. */
export function settingsModule({ egress = [], requestTimeout }: Artifact): string {
  const settings = { egress, ...(requestTimeout === undefined ? {} : { requestTimeoutMs: requestTimeout }) };
  const reviver = "(_key, value) => Object.freeze(value)";
  return `export const settings = JSON.parse(${JSON.stringify(JSON.stringify(settings))}, ${reviver});\n`;
}
