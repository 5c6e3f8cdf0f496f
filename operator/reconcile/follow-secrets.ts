/** Secrets are not watched, so that Ebb needs no right to list them: their readers look again. */
import type { EdgeFunction } from "../kube/edge-objects.ts";
import type { Next } from "./summarize.ts";

/** Milliseconds until a function that refers to Secrets looks at them again. */
const followMs = 30_000;
/** The same while a person must act: that may be in a Secret. */
const stalledMs = 5000;

/** next, but for a function that would rest and would not see that a Secret changes that its spec refers to. */
export function followSecrets({ spec, metadata, status }: EdgeFunction, next: Next): Next {
  const inEnv = spec.env?.some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined) ?? false;
  const usesSecrets = inEnv || spec.module.verification !== undefined;
  const isIdle = spec.suspend || metadata.deletionTimestamp !== undefined;
  if (next.kind !== "Rest" || !usesSecrets || isIdle) return next;
  const isStalled = status?.conditions?.some(({ type }) => type === "Stalled") ?? false;
  return { kind: "After", ms: isStalled ? stalledMs : followMs };
}
