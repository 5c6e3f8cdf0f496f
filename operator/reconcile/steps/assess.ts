/** Finds the Deployment and the Service that move, and refuses what cannot move. */
import type { EdgeFunction } from "../../kube/edge-objects.ts";
import { daemonSets, type Deployment, statefulSets } from "../../kube/objects.ts";
import { findService, type FoundService } from "../../workload/find-service.ts";
import { Ineligible } from "../../workload/ineligible.ts";
import { refuseStateful } from "../../workload/inspect-workload.ts";
import { before } from "../claim.ts";
import type { Context } from "../context.ts";
import { Stall } from "../flow.ts";

export interface Subject extends FoundService {
  readonly deployment: Deployment;
}

/** Errors: Stall, and Eligible is False, until a person changes the workload or the spec. */
export async function assess(ctx: Context): Promise<Subject> {
  try {
    const deployment = await findDeployment(ctx);
    refuseStateful(deployment);
    const found = findService(
      deployment,
      ctx.stores.services.list(ctx.identity.namespace),
      ctx.fn.spec.serviceRef,
    );
    refuseTakenService(ctx, found.service.metadata.name);
    ctx.status.setCondition(
      "Eligible",
      "True",
      "Eligible",
      `Deployment "${deployment.metadata.name}" can move.`,
    );
    return { deployment, ...found };
  } catch (error) {
    if (!(error instanceof Ineligible)) throw error;
    ctx.status.setCondition("Eligible", "False", error.reason, error.message);
    throw new Stall(error.reason, error.message, { cause: error });
  }
}

/** Two functions of two Deployments behind one Service: the one that goes before has it. */
function refuseTakenService(ctx: Context, name: string): void {
  const { namespace } = ctx.identity;
  const owner = before(ctx.fn, ctx.stores.edgeFunctions.list(namespace)).find(
    (other) => serviceNameOf(ctx, other) === name,
  );
  if (owner === undefined) return;
  throw new Ineligible(
    "WorkloadTaken",
    `EdgeFunction "${owner.metadata.name}" moves Service "${name}" already, for Deployment "${owner.spec.workloadRef.name}". Delete one of the two, or give each Deployment a Service of its own.`,
  );
}

function serviceNameOf({ stores, identity }: Context, { spec }: EdgeFunction): string | undefined {
  const deployment = stores.deployments.get(identity.namespace, spec.workloadRef.name);
  if (deployment === undefined) return spec.serviceRef?.name;
  try {
    return findService(deployment, stores.services.list(identity.namespace), spec.serviceRef).service.metadata
      .name;
  } catch (error) {
    if (error instanceof Ineligible) return undefined;
    throw error;
  }
}

async function findDeployment(ctx: Context): Promise<Deployment> {
  const { namespace } = ctx.identity;
  const { name } = ctx.fn.spec.workloadRef;
  const deployment = ctx.stores.deployments.get(namespace, name);
  if (deployment !== undefined) return deployment;
  for (const resource of [statefulSets, daemonSets])
    if ((await ctx.client.find(resource, { namespace, name })) !== undefined)
      throw new Ineligible(
        "WorkloadKindUnsupported",
        `spec.workloadRef.name is "${name}", which is a ${resource.kind}. Only a Deployment can move: a ${resource.kind} is tied to its nodes or its volumes.`,
      );
  throw new Ineligible(
    "WorkloadNotFound",
    `spec.workloadRef.name is "${name}"; namespace "${namespace}" has no such Deployment.`,
  );
}
