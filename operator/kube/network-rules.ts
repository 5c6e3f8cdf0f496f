/** Rules that the NetworkPolicies of gateways and pools have in common. */
import type { NetworkPolicy, NetworkPolicyPeer } from "./policy-objects.ts";

type Spec = NonNullable<NetworkPolicy["spec"]>;
type IngressRule = NonNullable<Spec["ingress"]>[number];
type EgressRule = NonNullable<Spec["egress"]>[number];

/** What the policies that Ebb makes beside gateways and pools depend on. */
export interface NetworkPolicySettings {
  readonly operatorNamespace: string;
  /** Who may call functions through a gateway; none given are all. */
  readonly callers: readonly NetworkPolicyPeer[];
}

/** Lets the operator's pods in at a port. */
export function fromOperator(operatorNamespace: string, port: number): IngressRule {
  return {
    ports: [{ protocol: "TCP", port }],
    from: [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": operatorNamespace } },
        podSelector: { matchLabels: { "app.kubernetes.io/name": "ebb-operator" } },
      },
    ],
  };
}

/**
 * Names, of whatever answers them. A rule counts for the port of the pod, not of the Service: that is 53 for most, 5353 on
 * OpenShift, and may be any for pods that wear the label of a cluster's name server.
 */
export const toNameServers: readonly EgressRule[] = [
  {
    ports: [53, 5353].flatMap((port) => ["UDP", "TCP"].map((protocol) => ({ protocol, port }))),
  },
  { to: [{ namespaceSelector: {}, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }] },
];
