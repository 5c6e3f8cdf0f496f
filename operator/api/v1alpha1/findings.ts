/**
 * What an assessment can find, first what is told first. Codes are API: programs look for them and specs ignore them, so
 * they never change. why and cure are what messages and docs/spec say of a code; `ignorable` ones are the choices of
 * spec.assessment.ignore.
 */
import type { EligibleReason } from "./conditions.ts";

export type Severity = "Blocker" | "Warning";

interface FindingKind {
  readonly severity: Severity;
  /** Whether spec.assessment.ignore may turn the blocker into a warning. */
  readonly ignorable: boolean;
  /** Reason of Eligible=False, where it is another word than the code. */
  readonly reason?: EligibleReason;
  readonly why: string;
  readonly cure: string;
}

const blocker = { severity: "Blocker", ignorable: false } as const;
const ignorable = { severity: "Blocker", ignorable: true } as const;
const warning = { severity: "Warning", ignorable: false } as const;

export const findingKinds = {
  WorkloadNotFound: {
    ...blocker,
    why: "There is nothing whose place the module could take.",
    cure: "Create the Deployment, or correct spec.workloadRef.name.",
  },
  WorkloadKindUnsupported: {
    ...blocker,
    why: "Only a Deployment can move: others are tied to their nodes or their volumes.",
    cure: "Name a Deployment.",
  },
  Volumes: {
    ...ignorable,
    why: "A module has no disk: it neither sees what is stored there nor stores anything for others.",
    cure: "Move the state to a database or an object store, or leave this workload in the cluster.",
  },
  HostNetwork: {
    ...ignorable,
    why: "Callers that come by the address of a node go past the Service, so they cannot be moved.",
    cure: "Give the pods a network of their own and let callers use the Service.",
  },
  Privileges: {
    ...ignorable,
    why: "Who needs rights over the node does what no module can do.",
    cure: "Take the right away if it is not needed, or leave this workload in the cluster.",
  },
  Devices: {
    ...ignorable,
    why: "An edge has no such device.",
    cure: "Leave this workload in the cluster, or do without the device.",
  },
  ServiceNotFound: {
    ...blocker,
    why: "Traffic is moved by a Service.",
    cure: "Create a Service for the pods, or correct spec.serviceRef.name.",
  },
  ServiceAmbiguous: {
    ...blocker,
    why: "Every Service on the pods would lose them.",
    cure: "Let exactly one Service select the pods.",
  },
  OtherService: {
    ...blocker,
    why: "Every Service on the pods must move, or it loses them.",
    cure: "Let its selector match other pods, or delete it.",
  },
  ServiceHeadless: {
    ...blocker,
    why: "Its clients pick pods by name or address, so nothing can be put in the place of the pods.",
    cure: "Give it a cluster IP.",
  },
  UnreadyAddresses: {
    ...blocker,
    reason: "ServiceUnsupported",
    why: "Pods that cannot answer yet would get requests on the way back.",
    cure: "Set it to false.",
  },
  SessionAffinity: {
    ...blocker,
    reason: "ServiceUnsupported",
    why: "Clients would be kept at the pod that they know, and lose it.",
    cure: "Set it to None.",
  },
  TrafficPolicyLocal: {
    ...blocker,
    reason: "ServiceUnsupported",
    why: "Nodes without a pod of the gateway would have no endpoint.",
    cure: "Set it to Cluster.",
  },
  ServicePortNotFound: {
    ...blocker,
    why: "Traffic is moved port by port.",
    cure: "Correct spec.serviceRef.port, or the ports of the Service.",
  },
  ServicePortAmbiguous: {
    ...blocker,
    why: "Exactly one HTTP port is allowed: others would lose their pods.",
    cure: "Leave one port in the Service.",
  },
  OtherPort: {
    ...blocker,
    why: "Every port must move, or it loses its pods.",
    cure: "Put it in a Service of other pods, or remove it.",
  },
  WorkloadTaken: {
    ...blocker,
    why: "One workload has one function.",
    cure: "Delete one of the two, or give each Deployment a Service of its own.",
  },
  PortNotTCP: {
    ...blocker,
    reason: "ServicePortNotHTTP",
    why: "The gateway and the edge speak HTTP over TCP.",
    cure: "Leave this workload in the cluster.",
  },
  PortNotHTTP: {
    ...ignorable,
    reason: "ServicePortNotHTTP",
    why: "The gateway and the edge speak HTTP.",
    cure: "If it is HTTP all the same, set appProtocol of the port to http; if not, leave this workload in the cluster.",
  },
  GRPC: {
    ...ignorable,
    reason: "ServicePortNotHTTP",
    why: "gRPC needs HTTP/2 and its trailers from end to end; a module answers plain HTTP requests.",
    cure: "Offer plain HTTP or gRPC-Web on a port of its own, or leave this workload in the cluster.",
  },
  H2C: {
    ...ignorable,
    reason: "ServicePortNotHTTP",
    why: "The gateway speaks HTTP/1.1 to the workload.",
    cure: "Let the workload speak HTTP/1.1 too and set appProtocol of the port to http.",
  },
  TLSBackend: {
    ...ignorable,
    reason: "ServicePortNotHTTP",
    why: "The gateway has no certificate of the workload's, so callers that speak TLS would get no answer.",
    cure: "End TLS at the Ingress, and let the Service's port speak plain HTTP.",
  },
  StrictMesh: {
    ...ignorable,
    why: "Pods that take only the mesh's mutual TLS refuse what the gateway and the operator send.",
    cure: "Let the workload's port take plain HTTP too (in Istio PERMISSIVE for that port), or leave it in the cluster.",
  },
  NetworkPolicy: {
    ...ignorable,
    why: "What denies by default must let the gateway and the pool do their work.",
    cure: "Let the chart make those of Ebb's own pods (networkPolicy.enabled), and let the gateway in to the workload, as docs/guides/rights.md shows.",
  },
  QuotaTooSmall: {
    ...ignorable,
    why: "The pods of the gateway or the pool could not be made.",
    cure: "Raise the quota, or free what is used.",
  },
  OutsideLimitRange: {
    ...ignorable,
    why: "The pods of the gateway or the pool would be refused.",
    cure: "Widen the range; resources of the pool are set in the EdgeTarget.",
  },
  AbruptShutdown: {
    ...warning,
    why: "For a moment after a pod has been told to stop it still gets requests; one that exits at once loses them.",
    cure: "Add lifecycle: {preStop: {sleep: {seconds: 5}}} to the container, and keep terminationGracePeriodSeconds above it.",
  },
  MemoryAboveEdge: {
    ...warning,
    why: "At the edge a function has about 128Mi.",
    cure: "Measure the module's own need, which is often far less, before you rely on it.",
  },
  CPUTimeNotHeld: {
    ...warning,
    why: "The function's edge cannot limit what one request computes.",
    cure: "Set spec.limits.requestTimeout, or use an edge that holds it, such as Cloudflare.",
  },
  LeaderElection: {
    ...warning,
    why: "That is what controllers do to elect a leader: work that goes on between requests stops at the edge.",
    cure: "If it is a controller, leave it in the cluster; if not, take the right from its ServiceAccount.",
  },
  MountedFiles: {
    ...warning,
    why: "A module has no files.",
    cure: "Give it what it needs in spec.env, or build it into the module.",
  },
  ScratchVolume: {
    ...warning,
    why: "A module has no files, and what it keeps in memory is gone with the request or the isolate.",
    cure: "Make sure that the module does without.",
  },
  TrafficDistribution: {
    ...warning,
    why: "The gateway's endpoints carry no zones, so that callers are spread over all of them meanwhile.",
    cure: "Nothing, if requests may cross zones.",
  },
  PodsRefused: {
    ...warning,
    why: "The API server does not let its pods be made.",
    cure: "Change what refuses them.",
  },
  Unchecked: {
    ...warning,
    why: "What it would tell is not part of this assessment.",
    cure: "Give the operator's account the right that the chart gives it.",
  },
} as const satisfies Readonly<Record<string, FindingKind>>;

export type FindingCode = keyof typeof findingKinds;

const codes = Object.keys(findingKinds) as FindingCode[];

/** Place in the order of telling. */
export function rankOf(code: FindingCode): number {
  return codes.indexOf(code);
}

export function kindOf(code: FindingCode): FindingKind {
  return findingKinds[code];
}

/** Reason of Eligible=False, and of the Event, of a finding; code is as status has it. */
export function reasonOf(code: string): string {
  return (code in findingKinds ? kindOf(code as FindingCode).reason : undefined) ?? code;
}
