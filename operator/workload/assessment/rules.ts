/** The rules of an assessment: each is a pure function of what was read. */
import type { Fact } from "./finding.ts";
import { backendAnnotations } from "./rules/backend-annotations.ts";
import { devices, hostNetwork, privileges } from "./rules/host.ts";
import { leaderElection } from "./rules/leader-election.ts";
import { limitRange } from "./rules/limit-range.ts";
import { memory } from "./rules/memory.ts";
import { strictMesh } from "./rules/mesh.ts";
import { networkPolicies } from "./rules/network-policies.ts";
import { podsRefused, unchecked } from "./rules/own-state.ts";
import { portProtocol } from "./rules/port-protocol.ts";
import { quota } from "./rules/quota.ts";
import { serviceShape, trafficDistribution } from "./rules/service-shape.ts";
import { abruptShutdown } from "./rules/shutdown.ts";
import { volumes } from "./rules/volumes.ts";
import type { Surroundings } from "./surroundings.ts";

const rules: readonly ((seen: Surroundings) => readonly Fact[])[] = [
  volumes,
  hostNetwork,
  privileges,
  devices,
  serviceShape,
  portProtocol,
  backendAnnotations,
  strictMesh,
  networkPolicies,
  quota,
  limitRange,
  abruptShutdown,
  memory,
  leaderElection,
  trafficDistribution,
  podsRefused,
  unchecked,
];

export function factsOf(seen: Surroundings): Fact[] {
  return rules.flatMap((rule) => rule(seen));
}
