/** The NetworkPolicy of a namespace's pool: what it needs where everything else is denied. */
import { labels, ports } from "../../api/v1alpha1/names.ts";
import { fromOperator, type NetworkPolicySettings, toNameServers } from "../../kube/network-rules.ts";
import type { NetworkPolicy } from "../../kube/policy-objects.ts";
import { marked, type PoolManifestInput } from "./pool-manifests.ts";

/**
 * The gateway sends requests, the operator modules. The pool reaches nothing but what a module may: egressPorts of any
 * host, since a policy knows no names; the pool itself tells hosts apart.
 */
export function poolNetworkPolicy(
  input: Pick<PoolManifestInput, "namespace" | "owner">,
  { operatorNamespace }: NetworkPolicySettings,
  egressPorts: readonly number[],
): NetworkPolicy {
  return marked(input, "networking.k8s.io/v1", "NetworkPolicy", {
    spec: {
      podSelector: { matchLabels: { [labels.component]: "pool" } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          ports: [{ protocol: "TCP", port: ports.poolHttp }],
          from: [{ podSelector: { matchLabels: { [labels.component]: "gateway" } } }],
        },
        fromOperator(operatorNamespace, ports.poolAdmin),
      ],
      ...(egressPorts.length === 0 ? {} : { egress: egressRules(egressPorts) }),
    },
  });
}

function egressRules(egressPorts: readonly number[]) {
  return [...toNameServers, { ports: egressPorts.map((port) => ({ protocol: "TCP", port })) }];
}
