/** The ClusterEdgeTarget `default`, so that no account and no further object is needed to start. */
import type { Clock } from "./api/clock.ts";
import { labels, managedByEbb } from "./api/v1alpha1/names.ts";
import { clusterEdgeTargets, type EdgeTarget } from "./kube/edge-objects.ts";
import type { KubeClient } from "./kube/kube-client.ts";
import type { Logger } from "./telemetry/log.ts";

const name = "default";
const retryMs = 5000;

/** Tries until it is there or lead aborts; one that is there is a person's and stays as it is. */
export async function keepTryingDefaultTarget(
  client: KubeClient,
  clock: Clock,
  log: Logger,
  lead: AbortSignal,
): Promise<void> {
  while (!lead.aborted) {
    try {
      if (await isThere(client)) return;
      await create(client);
    } catch (error) {
      if (lead.aborted) return;
      log.warn({ err: error }, "the default ClusterEdgeTarget could not be made");
      await clock.sleep(retryMs, lead).catch((reason: unknown) => {
        if (!lead.aborted) throw reason;
      });
    }
  }
}

async function isThere(client: KubeClient): Promise<boolean> {
  return (await client.find(clusterEdgeTargets, { name })) !== undefined;
}

async function create(client: KubeClient): Promise<void> {
  // The schema fills in the pool's replicas and resources.
  const target = { metadata: { name, labels: { [labels.managedBy]: managedByEbb } }, spec: { workerd: {} } };
  await client.create<EdgeTarget>(clusterEdgeTargets, target as unknown as EdgeTarget);
}
