/** Laws 2 and 3: below its count only with the scale saved twice and the edge confirmed; what is saved stays. */
import { savedScaleAnnotation } from "../../../operator/api/v1alpha1/names.ts";
import type { Law } from "./law-watch.ts";
import type { View } from "./view.ts";

interface Copies {
  readonly status: string | undefined;
  readonly annotation: string | undefined;
}

function copies(view: View): Copies {
  const saved = view.edgeFunction()?.status?.savedScale;
  return {
    status: saved === undefined ? undefined : JSON.stringify(saved),
    annotation: view.deployment()?.metadata.annotations?.[savedScaleAnnotation],
  };
}

function replicasIn(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null && "replicas" in value ? value.replicas : undefined;
}

export function copiesKept(view: View): Law {
  let whenLeft: Copies | undefined;
  return () => {
    if (!view.isAway()) {
      whenLeft = undefined;
      return undefined;
    }
    const now = copies(view);
    whenLeft ??= now;
    return lacking(view, now) ?? unconfirmed(view) ?? changed(whenLeft, now);
  };
}

function lacking(view: View, { status, annotation }: Copies): string | undefined {
  for (const [place, text] of Object.entries({ status, annotation })) {
    if (text === undefined) return `the workload is away and ${place} has no saved scale`;
    if (replicasIn(text) !== view.replicas) return `the workload is away and ${place} says ${text}`;
  }
  return undefined;
}

function unconfirmed(view: View): string | undefined {
  const gateways = view.readyGateways();
  if (gateways.length === 0) return "the workload is away and no gateway pod is ready";
  const behind = gateways.find((pod) => view.edgeShare(pod) !== 100);
  if (behind === undefined) return undefined;
  return `the workload is away and ${behind.metadata.name} sends ${view.edgeShare(behind) ?? 0} % to the edge`;
}

function changed(former: Copies, now: Copies): string | undefined {
  if (former.status === now.status && former.annotation === now.annotation) return undefined;
  return `the saved scale changed while the workload is away: ${JSON.stringify([former, now])}`;
}
