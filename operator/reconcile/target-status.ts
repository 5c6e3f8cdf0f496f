/** Keeps the status of EdgeTargets and ClusterEdgeTargets: whether they can be used, and by how many functions. */
import { done, type Outcome } from "../api/outcome.ts";
import type { EdgeFunction, EdgeTarget } from "../kube/edge-objects.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import type { Resource } from "../kube/resource.ts";
import type { Store } from "../kube/store.ts";

export interface TargetStatusDeps {
  readonly client: KubeClient;
  readonly edgeFunctions: Store<EdgeFunction>;
  readonly now: () => number;
  /** namespace is the target's; undefined for a ClusterEdgeTarget. */
  readonly checkCloudflare: (
    spec: NonNullable<EdgeTarget["spec"]["cloudflare"]>,
    namespace: string | undefined,
  ) => Promise<Outcome>;
}

/** Milliseconds until a target that was found in order is looked at again. */
const checkAgainMs = 600_000;

const available = "Functions can be published to a workerd pool in each of their namespaces.";

/**
 * Writes target's status when it differs. A workerd pool needs no credentials, so it is ready as soon as it is named; of
 * another edge they are checked. Returns the milliseconds until the next look; undefined when events tell all.
 */
export async function updateTargetStatus(
  deps: TargetStatusDeps,
  resource: Resource<EdgeTarget>,
  target: EdgeTarget,
): Promise<number | undefined> {
  const { name, namespace, generation = 0, resourceVersion } = target.metadata;
  const title = `${resource.kind}/${name}`;
  const functions = deps.edgeFunctions
    .list(namespace)
    .filter((fn) => fn.status?.edge?.target === title).length;
  const { cloudflare } = target.spec;
  const outcome = cloudflare === undefined ? done : await deps.checkCloudflare(cloudflare, namespace);
  const message =
    cloudflare === undefined
      ? available
      : `Functions can be published to Cloudflare Workers, below ${cloudflare.workersDev.subdomain}.workers.dev.`;
  const found = outcome.done
    ? { status: "True" as const, reason: "Available", message }
    : { status: "False" as const, reason: outcome.reason, message: outcome.message };
  const next =
    cloudflare === undefined ? undefined : ((outcome.done ? undefined : outcome.after) ?? checkAgainMs);
  const ready = target.status?.conditions?.find(({ type }) => type === "Ready");
  const isWritten =
    target.status?.functions === functions &&
    target.status.observedGeneration === generation &&
    ready?.status === found.status &&
    ready.reason === found.reason &&
    ready.message === found.message;
  if (isWritten) return next;
  const isSame = ready?.status === found.status;
  const condition = {
    type: "Ready",
    ...found,
    observedGeneration: generation,
    lastTransitionTime: (isSame ? ready.lastTransitionTime : undefined) ?? new Date(deps.now()).toISOString(),
  };
  const ref = namespace === undefined ? { name } : { namespace, name };
  const status = { observedGeneration: generation, functions, conditions: [condition] };
  await deps.client.merge(resource, ref, { metadata: { resourceVersion }, status }, "status");
  return next;
}
