/** The NetworkPolicy of one gateway: what it needs where everything else is denied. */
import { labels, managedByEbb, ports } from "../../api/v1alpha1/names.ts";
import { fromOperator, type NetworkPolicySettings, toNameServers } from "../../kube/network-rules.ts";
import type { NetworkPolicy } from "../../kube/policy-objects.ts";

/** The last port that a function can have: Linux takes those above for outgoing connections. */
const lastFunctionPort = 32_767;

/** An edge outside of the cluster, whose addresses are many and change. */
const toPublicEdge = { ports: [{ protocol: "TCP", port: 443 }] };

/** hasPublicEdge: some function of the gateway is at an edge outside of the cluster. */
export function gatewayNetworkPolicy(
  gateway: string,
  namespace: string,
  { operatorNamespace, callers }: NetworkPolicySettings,
  hasPublicEdge: boolean,
): NetworkPolicy {
  const own = { [labels.component]: "gateway", [labels.name]: gateway };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: gateway, namespace, labels: { [labels.managedBy]: managedByEbb, ...own } },
    spec: {
      podSelector: { matchLabels: own },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          ports: [{ protocol: "TCP", port: ports.firstFunction, endPort: lastFunctionPort }],
          ...(callers.length === 0 ? {} : { from: callers }),
        },
        fromOperator(operatorNamespace, ports.gatewayOps),
      ],
      // The pool, and the workloads of this namespace at whatever port they serve.
      egress: [...toNameServers, { to: [{ podSelector: {} }] }, ...(hasPublicEdge ? [toPublicEdge] : [])],
    },
  };
}
