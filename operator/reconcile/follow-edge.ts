/** An edge outside of the cluster sends no events: a function there is looked at again. */
import type { EdgeFunction } from "../kube/edge-objects.ts";
import type { Next } from "./summarize.ts";

/** Milliseconds; the look of all functions of an account together is one call. */
const lookAgainMs = 60_000;

/** next, but for a function at such an edge that would rest. */
export function followEdge({ spec, metadata, status }: EdgeFunction, next: Next): Next {
  const isOutside = status?.edge?.url?.startsWith("https:") === true;
  const isIdle = spec.suspend || metadata.deletionTimestamp !== undefined;
  return next.kind === "Rest" && isOutside && !isIdle ? { kind: "After", ms: lookAgainMs } : next;
}
