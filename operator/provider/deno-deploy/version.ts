/** Ebb's own name of a version at Deno Deploy, which is a label of the revision there. */
import type { Shims } from "../hosted/shims.ts";
import type { Artifact } from "../provider.ts";
import { entryOf, versionName } from "../version-entry.ts";

/** Follows from all that the version runs with, Ebb's own modules before it among that. */
export function denoVersion(artifact: Artifact, { digest }: Shims): string {
  return versionName({ ...entryOf(artifact), shims: digest });
}
