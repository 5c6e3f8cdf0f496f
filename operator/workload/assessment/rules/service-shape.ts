/** Fields of a Service under which endpoints cannot be put in the place of the pods. */
import { type Fact, fact } from "../finding.ts";
import type { Surroundings } from "../surroundings.ts";

const topologyMode = "service.kubernetes.io/topology-mode";

export function serviceShape({ service }: Surroundings): Fact[] {
  if (service === undefined) return [];
  const { spec } = service;
  const title = `Service "${service.metadata.name}"`;
  const at = (field: string): string => `Service/${service.metadata.name} .spec.${field}`;
  const facts: Fact[] = [];
  if (spec.clusterIP === "None")
    facts.push(fact("ServiceHeadless", at("clusterIP"), `${title} is headless.`));
  if (spec.publishNotReadyAddresses === true)
    facts.push(
      fact(
        "UnreadyAddresses",
        at("publishNotReadyAddresses"),
        `${title} has publishNotReadyAddresses: true.`,
      ),
    );
  if ((spec.sessionAffinity ?? "None") !== "None")
    facts.push(
      fact(
        "SessionAffinity",
        at("sessionAffinity"),
        `${title} has sessionAffinity: ${spec.sessionAffinity}.`,
      ),
    );
  for (const policy of ["internalTrafficPolicy", "externalTrafficPolicy"] as const)
    if ((spec[policy] ?? "Cluster") !== "Cluster")
      facts.push(fact("TrafficPolicyLocal", at(policy), `${title} has ${policy}: ${spec[policy]}.`));
  return facts;
}

export function trafficDistribution({ service }: Surroundings): Fact[] {
  const { metadata, spec } = service ?? {};
  const mode = metadata?.annotations?.[topologyMode];
  const wish = spec?.trafficDistribution ?? (mode?.toLowerCase() === "disabled" ? undefined : mode);
  if (wish === undefined) return [];
  const field =
    spec?.trafficDistribution === undefined
      ? `.metadata.annotations['${topologyMode}']`
      : ".spec.trafficDistribution";
  const path = `Service/${metadata?.name} ${field}`;
  return [
    fact("TrafficDistribution", path, `Service "${metadata?.name}" prefers endpoints nearby: ${wish}.`),
  ];
}
