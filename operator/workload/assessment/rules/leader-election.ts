/** Signs that the workload works between requests. */
import { type Fact, fact } from "../finding.ts";
import { inDeployment, type Surroundings, titleOf } from "../surroundings.ts";

export function leaderElection(seen: Surroundings): Fact[] {
  if (seen.rights.length === 0) return [];
  const account = accountOf(seen.deployment);
  const found = `ServiceAccount "${account}" of ${titleOf(seen)} may create ${seen.rights.join(" and ")}.`;
  return [fact("LeaderElection", inDeployment(seen, ".spec.template.spec.serviceAccountName"), found)];
}

/** Name of the account that the pods run as. */
export function accountOf({ spec }: Surroundings["deployment"]): string {
  return spec.template.spec.serviceAccountName ?? "default";
}
