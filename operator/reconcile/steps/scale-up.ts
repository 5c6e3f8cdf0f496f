/** Brings the workload back to its saved replicas and waits until its pods are in the Service's endpoints. */
import { labels, sliceManager } from "../../api/v1alpha1/names.ts";
import { type Deployment, deployments } from "../../kube/objects.ts";
import { mergeSavedScale } from "../../workload/saved-scale.ts";
import { isReady, replicasOf, scaleTo } from "../../workload/scale.ts";
import type { Context } from "../context.ts";
import { checkpoint, pollMs, Wait } from "../flow.ts";
import { secondCopy } from "./recover-scale.ts";

export async function scaleUp(
  ctx: Context,
  deployment: Deployment,
  serviceName: string | undefined,
): Promise<void> {
  const saved = mergeSavedScale(ctx.fn.status?.savedScale, secondCopy(ctx, deployment));
  if (saved === undefined) return;
  ctx.status.dropCondition("Contended");
  // Another Deployment of the name keeps the scale that it came with.
  const least = saved.deploymentUID === deployment.metadata.uid ? saved.replicas : 0;
  if (replicasOf(deployment) < least) {
    const message = `The Deployment goes back to ${least} replicas.`;
    ctx.status.setCondition("Offloaded", "False", "ScalingUp", message);
    await scaleTo(ctx.client, deployment, least);
    throw checkpoint("ScalingUp", message);
  }
  const wanted = replicasOf(deployment);
  const listed = serviceName === undefined ? wanted : readyEndpoints(ctx, serviceName);
  if (isReady(deployment, wanted) && listed >= wanted && (await isReadyNow(ctx, deployment, least))) return;
  const message = `${deployment.status?.readyReplicas ?? 0} of ${wanted} pods are ready, ${listed} are in the Service's endpoints${whyNot(deployment)}; the edge serves until all are.`;
  ctx.status.setCondition("Offloaded", "False", "ScalingUp", message);
  throw new Wait("ScalingUp", message, pollMs);
}

/** Asks the API server before the gateway is taken away: the cache may not have seen our own scale-down yet. */
async function isReadyNow(ctx: Context, deployment: Deployment, least: number): Promise<boolean> {
  if (ctx.status.fields.gateway === undefined) return true;
  const { namespace } = ctx.identity;
  const live = await ctx.client.find(deployments, { namespace, name: deployment.metadata.name });
  if (live === undefined) return true;
  ctx.stores.deployments.observe(live);
  return replicasOf(live) >= least && isReady(live, replicasOf(live));
}

/** Ready addresses of the Service's own pods, which are not the gateway's. */
function readyEndpoints(ctx: Context, serviceName: string): number {
  const slices = ctx.stores.endpointSlices
    .list(ctx.identity.namespace)
    .filter((slice) => slice.metadata.labels?.[labels.serviceName] === serviceName)
    .filter((slice) => slice.metadata.labels?.[labels.sliceManagedBy] !== sliceManager);
  const pods = slices
    .flatMap((slice) => slice.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions?.ready !== false)
    .map((endpoint) => endpoint.targetRef?.name ?? endpoint.addresses[0]);
  return new Set(pods).size;
}

function whyNot(deployment: Deployment): string {
  const failing = (deployment.status?.conditions ?? []).find(
    ({ type, status }) =>
      (type === "ReplicaFailure" && status === "True") || (type === "Progressing" && status === "False"),
  );
  return failing?.message === undefined ? "" : ` (${failing.message})`;
}
