/** Ebb's own name of a version at Deno Deploy, which is a label of the revision there. */
import { createHash } from "node:crypto";
import type { Shims } from "../hosted/shims.ts";
import type { Artifact } from "../provider.ts";
import { canonicalJson, entryOf } from "../version-entry.ts";

/** Follows from all that the version runs with, Ebb's own modules before it among that. */
export function denoVersion(artifact: Artifact, { digest }: Shims): string {
  const content = canonicalJson({ ...entryOf(artifact), shims: digest });
  return `v-${createHash("sha256").update(content).digest("hex").slice(0, 16)}`;
}
