/** Whether NetworkPolicies of a namespace let a request through. */
import { selects } from "../../../kube/label-selector.ts";
import type { Namespace } from "../../../kube/objects.ts";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "../../../kube/policy-objects.ts";

type Labels = Readonly<Record<string, string>>;

/** The other end of a way: pods that are known, anybody, something elsewhere in the cluster, or outside of it. */
export type Peer =
  | { readonly labels: Labels; readonly namespace: Namespace | undefined; readonly isElsewhere: boolean }
  | "anybody"
  | "elsewhere"
  | "internet";

/** A way that must be open, seen from the pods in the namespace. */
export interface Way {
  readonly direction: "Ingress" | "Egress";
  /** Of the pods that the policies select. */
  readonly labels: Labels;
  readonly peer: Peer;
  readonly protocol: "TCP" | "UDP";
  /** Undefined: not known, any will do. */
  readonly port: number | undefined;
  readonly portName?: string;
}

/** Name of a policy that closes the way; undefined while none does, or another opens it. */
export function closedBy(way: Way, policies: readonly NetworkPolicy[]): string | undefined {
  const isolating = policies.filter(
    (policy) =>
      typesOf(policy).includes(way.direction) && selects(policy.spec?.podSelector ?? {}, way.labels),
  );
  if (isolating.some((policy) => opens(policy, way))) return undefined;
  return isolating.map(({ metadata }) => metadata.name).toSorted()[0];
}

function typesOf({ spec }: NetworkPolicy): readonly string[] {
  return spec?.policyTypes ?? (spec?.egress === undefined ? ["Ingress"] : ["Ingress", "Egress"]);
}

function opens({ spec }: NetworkPolicy, way: Way): boolean {
  const rules =
    way.direction === "Ingress"
      ? (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  return rules.some(({ peers, ports }) => isForPeer(peers, way.peer) && isForPort(ports, way));
}

function isForPeer(peers: readonly NetworkPolicyPeer[] | undefined, peer: Peer): boolean {
  if (peers === undefined || peers.length === 0 || peer === "anybody") return true;
  return peers.some((each) => isPeer(each, peer));
}

/** Which pods have an address of a block is not known: it is taken to be theirs. */
function isPeer(
  { ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer,
  peer: Exclude<Peer, "anybody">,
): boolean {
  if (ipBlock !== undefined) return true;
  if (peer === "internet") return false;
  if (peer === "elsewhere") return namespaceSelector !== undefined;
  if (namespaceSelector === undefined && peer.isElsewhere) return false;
  if (namespaceSelector !== undefined && peer.namespace !== undefined) {
    if (!selects(namespaceSelector, peer.namespace.metadata.labels)) return false;
  }
  return podSelector === undefined || selects(podSelector, peer.labels);
}

function isForPort(ports: readonly NetworkPolicyPort[] | undefined, way: Way): boolean {
  if (ports === undefined || ports.length === 0) return true;
  return ports.some(({ protocol = "TCP", port, endPort }) => {
    if (protocol !== way.protocol) return false;
    if (port === undefined || way.port === undefined) return true;
    if (typeof port === "string") return port === way.portName;
    return port <= way.port && way.port <= (endPort ?? port);
  });
}
