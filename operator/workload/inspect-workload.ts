/** Refuses Deployments whose pods hold state or share the node: they are not stateless HTTP services. */
import type { Deployment, Volume } from "../kube/objects.ts";
import { Ineligible } from "./ineligible.ts";

/** Volume sources that hold nothing a module would miss, by their field name in a Pod. */
const statelessSources: ReadonlySet<string> = new Set([
  "configMap",
  "secret",
  "emptyDir",
  "downwardAPI",
  "projected",
]);

/** Errors: Ineligible, naming the field of the pod template. */
export function refuseStateful(deployment: Deployment): void {
  const { spec } = deployment.spec.template;
  const { name } = deployment.metadata;
  for (const volume of spec.volumes ?? []) {
    const source = sourceOf(volume);
    if (!statelessSources.has(source))
      throw new Ineligible(
        "Volumes",
        `Volume "${volume.name}" of Deployment "${name}" is a ${source}: the workload is not stateless. Allowed are ${[...statelessSources].join(", ")}.`,
      );
  }
  if (spec.hostNetwork === true)
    throw new Ineligible(
      "HostNetwork",
      `spec.template.spec.hostNetwork of Deployment "${name}" is true. Only pods with their own network can move.`,
    );
}

function sourceOf(volume: Volume): string {
  return Object.keys(volume).find((key) => key !== "name" && volume[key] !== undefined) ?? "emptyDir";
}
