/** kubectl of the cluster's own release. */
import { join } from "node:path";
import { kubernetesBinaries } from "../binaries.ts";

/** The path of kubectl, built when it is not in the cache. */
export async function kubectlBinary(): Promise<string> {
  return join(await kubernetesBinaries(), "kubectl");
}
