/** Ebb's own name of a version at Cloudflare, which is the version's tag there. */
import type { Artifact } from "../provider.ts";
import { entryOf, versionName } from "../version-entry.ts";
import type { Shims } from "../hosted/shims.ts";
import { compatibilityDate } from "./upload.ts";

/** Follows from all that the version runs with, Ebb's own modules before it among that. */
export function cloudflareVersion(artifact: Artifact, { digest }: Shims): string {
  const { cpuTime } = artifact;
  const limits = cpuTime === undefined ? {} : { cpuTimeMs: cpuTime };
  return versionName({ ...entryOf(artifact), ...limits, shims: digest, compatibilityDate });
}
