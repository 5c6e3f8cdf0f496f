/** Gateway entries for tests. */
import type { FunctionKey } from "../../operator/api/v1alpha1/names.ts";
import type { GatewayEntry, Path } from "../../operator/traffic/gateway/entry.ts";

export const testKey: FunctionKey = "fn-0123456789";

/** A serving function whose edge and workload answer at these ports of address. */
export function gatewayEntry(
  address: string,
  changes: Partial<GatewayEntry> & { readonly weight?: number; readonly path?: Path } = {},
): GatewayEntry {
  const { weight = 100, path = testPath(address), ...rest } = changes;
  return {
    key: testKey,
    name: "checkout",
    uid: "7a0e6a3c-0000-4000-8000-000000000001",
    port: 20_000,
    service: { name: "checkout", portName: "http", families: ["IPv4"] },
    stage: "serving",
    since: 0,
    route: { weight, path, headers: { "x-ebb-function": `${testKey}/v1` } },
    paths: [path],
    ...rest,
  };
}

export function testPath(address: string): Path {
  return { edge: { host: address, port: 8080 }, origin: { address, port: 8000 } };
}
