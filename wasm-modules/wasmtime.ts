/** A component of wasi:http under `wasmtime serve`, which answers are compared with. */
import { wasmtimeBinary } from "../bench/peers/wasmtime.ts";
import { type Proxy, startProxy } from "../bench/proxies/proxy.ts";

export const wasmtimePort = 8080;

interface Served {
  readonly component: string;
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  /** A path that answers 200. */
  readonly path: string;
  /** More options of `wasmtime serve`. */
  readonly options?: readonly string[];
}

export async function startWasmtime({ component, address, env, path, options = [] }: Served): Promise<Proxy> {
  const at = `${address}:${wasmtimePort}`;
  const variables = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  return startProxy({
    command: await wasmtimeBinary(),
    args: ["serve", "-Scli", ...options, ...variables, "--addr", at, component],
    url: `http://${at}${path}`,
  });
}
