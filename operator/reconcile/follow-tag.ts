/** A registry sends no events: a tag that is followed is looked up again when it is time. */
import type { EdgeFunction } from "../kube/edge-objects.ts";
import type { Next } from "./summarize.ts";

/** next, but no later than in dueIn milliseconds; undefined when there is nothing to wait for. */
export function followTag({ spec, metadata }: EdgeFunction, next: Next, dueIn: number | undefined): Next {
  const isIdle = spec.suspend || metadata.deletionTimestamp !== undefined;
  if (dueIn === undefined || isIdle) return next;
  if (next.kind === "Rest") return { kind: "After", ms: dueIn };
  return next.kind === "After" ? { kind: "After", ms: Math.min(next.ms, dueIn) } : next;
}
