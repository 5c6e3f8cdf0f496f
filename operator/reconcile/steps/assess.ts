/** Finds the Deployment and the Service that move, tells all that was found of them, and refuses what cannot move. */
import { reasonOf } from "../../api/v1alpha1/findings.ts";
import type { EdgeFunction } from "../../kube/edge-objects.ts";
import { daemonSets, type Deployment, statefulSets } from "../../kube/objects.ts";
import { type Fact, fact, type Finding, judge } from "../../workload/assessment/finding.ts";
import { unwatchedMs } from "../../workload/assessment/read-surroundings.ts";
import { factsOf } from "../../workload/assessment/rules.ts";
import { findService, type FoundService, resolveService } from "../../workload/find-service.ts";
import { before } from "../claim.ts";
import type { Context } from "../context.ts";
import { findTarget } from "../find-target.ts";
import { Stall } from "../flow.ts";
import { ownPodsOf } from "../own-pods.ts";

export interface Subject extends FoundService {
  readonly deployment: Deployment;
}

/** Errors: Stall, and Eligible is False, until a person changes the workload or the spec, or takes the blockers on. */
export async function assess(ctx: Context): Promise<Subject> {
  const { namespace } = ctx.identity;
  const deployment = await findDeployment(ctx);
  if ("code" in deployment) return refuse(ctx, [deployment]);
  const services = ctx.stores.services.list(namespace);
  const { facts, service, port } = resolveService(deployment, services, ctx.fn.spec.serviceRef);
  const seen = await ctx.surroundings({ deployment, service, port, ...ownPodsOf(ctx) });
  const all = [...facts, ...takenBy(ctx, service?.metadata.name), ...factsOf(seen), ...notHeld(ctx)];
  if (service === undefined || port === undefined) return refuse(ctx, all);
  const findings = record(ctx, all);
  const warnings = new Set(findings.map(({ code }) => code));
  ctx.status.setCondition(
    "Eligible",
    "True",
    "Eligible",
    `Deployment "${deployment.metadata.name}" can move.${warnings.size === 0 ? "" : ` Warnings: ${[...warnings].join(", ")}.`}`,
  );
  return { deployment, service, port };
}

/** Errors: Stall, always; facts hold a blocker that nobody can take on. */
export function refuse(ctx: Context, facts: readonly Fact[]): never {
  record(ctx, facts);
  throw new Error("a workload is refused without a blocker");
}

/** Puts what was found into status. Errors: Stall, with the first blocker. */
function record(ctx: Context, facts: readonly Fact[]): readonly Finding[] {
  const findings = judge(facts, new Set(ctx.fn.spec.assessment?.ignore));
  ctx.status.set("assessment", findings.length === 0 ? undefined : { findings });
  const [first, ...others] = findings.filter(({ severity }) => severity === "Blocker");
  if (first === undefined) return findings;
  const more = others.length === 0 ? "" : ` (${others.length} more in status.assessment.findings)`;
  const reason = reasonOf(first.code);
  const message = `${first.message}${more}`;
  ctx.status.setCondition("Eligible", "False", reason, message);
  const isUnwatched = [first, ...others].some(({ code }) => code === "StrictMesh");
  throw new Stall(reason, message, isUnwatched ? { recheckAfter: unwatchedMs } : {});
}

/** What the spec asks for and the edge does not give. */
function notHeld({ fn, stores }: Context): Fact[] {
  const cpuTime = fn.spec.limits?.cpuTime;
  if (cpuTime === undefined || findTarget(fn, stores)?.target.spec.cloudflare !== undefined) return [];
  return [fact("CPUTimeNotHeld", ".spec.limits.cpuTime", `spec.limits.cpuTime is "${cpuTime}".`)];
}

/** Two functions of two Deployments behind one Service: the one that goes before has it. */
function takenBy(ctx: Context, name: string | undefined): Fact[] {
  if (name === undefined) return [];
  const owner = before(ctx.fn, ctx.stores.edgeFunctions.list(ctx.identity.namespace)).find(
    (other) => serviceNameOf(ctx, other) === name,
  );
  if (owner === undefined) return [];
  const found = `EdgeFunction "${owner.metadata.name}" moves Service "${name}" already, for Deployment "${owner.spec.workloadRef.name}".`;
  return [fact("WorkloadTaken", `Service/${name} .metadata.name`, found)];
}

function serviceNameOf({ stores, identity }: Context, { spec }: EdgeFunction): string | undefined {
  const deployment = stores.deployments.get(identity.namespace, spec.workloadRef.name);
  if (deployment === undefined) return spec.serviceRef?.name;
  const services = stores.services.list(identity.namespace);
  return findService(deployment, services, spec.serviceRef)?.service.metadata.name;
}

async function findDeployment(ctx: Context): Promise<Deployment | Fact> {
  const { namespace } = ctx.identity;
  const { name } = ctx.fn.spec.workloadRef;
  const path = ".spec.workloadRef.name";
  const deployment = ctx.stores.deployments.get(namespace, name);
  if (deployment !== undefined) return deployment;
  for (const resource of [statefulSets, daemonSets])
    if ((await ctx.client.find(resource, { namespace, name })) !== undefined) {
      const found = `spec.workloadRef.name is "${name}", which is a ${resource.kind}.`;
      return fact("WorkloadKindUnsupported", path, found);
    }
  const found = `spec.workloadRef.name is "${name}"; namespace "${namespace}" has no such Deployment.`;
  return fact("WorkloadNotFound", path, found);
}
