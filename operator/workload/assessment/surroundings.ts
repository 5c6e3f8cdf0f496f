/** All that the rules of an assessment look at, read before they do. */
import type { Container, Deployment, Namespace, Service, ServicePort } from "../../kube/objects.ts";
import type {
  Ingress,
  LimitRange,
  NetworkPolicy,
  PeerAuthentication,
  Quantities,
  ResourceQuota,
} from "../../kube/policy-objects.ts";

/** Pods that Ebb runs, or would run, in the namespace. */
export interface OwnPods {
  /** Also the name of their Deployment. */
  readonly name: string;
  /** As it is now; undefined before it is made. */
  readonly deployment: Deployment | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly resources: { readonly requests?: Quantities; readonly limits?: Quantities };
}

/** What moves, as far as it was found. */
export interface Subject {
  readonly deployment: Deployment;
  readonly service: Service | undefined;
  readonly port: ServicePort | undefined;
}

export interface Surroundings extends Subject {
  readonly gateway: OwnPods;
  /** Undefined when the function's edge is not in the cluster. */
  readonly pool: OwnPods | undefined;
  readonly namespace: Namespace | undefined;
  readonly operator: {
    readonly namespace: Namespace | undefined;
    readonly labels: Readonly<Record<string, string>>;
    /** Whether it makes the NetworkPolicies of its gateways and pools. */
    readonly makesPolicies: boolean;
  };
  readonly networkPolicies: readonly NetworkPolicy[];
  readonly resourceQuotas: readonly ResourceQuota[];
  readonly limitRanges: readonly LimitRange[];
  /** Those that say of their backend that it speaks something else than plain HTTP. */
  readonly ingresses: readonly Ingress[];
  /** Those of the namespace and of the mesh's root namespace, while the workload is in an Istio mesh. */
  readonly peerAuthentications: readonly PeerAuthentication[];
  /** Kinds that the workload's account may create; only those that leaders are elected by. */
  readonly rights: readonly ("Leases" | "ConfigMaps")[];
  /** Plurals of the kinds that Ebb may not read here: what is of them counts as none. */
  readonly unchecked: readonly string[];
}

/** All that serves the function in its namespace. */
export function ownPods({ gateway, pool }: Surroundings): OwnPods[] {
  return pool === undefined ? [gateway] : [gateway, pool];
}

/** A finding about the Deployment; below is the path in it. */
export function inDeployment({ deployment }: Subject, below: string): string {
  return `Deployment/${deployment.metadata.name} ${below}`;
}

/** Path of a field of a container. */
export function inContainer(seen: Subject, index: number, below = ""): string {
  return inDeployment(seen, `.spec.template.spec.containers[${index}]${below}`);
}

export function titleOf({ deployment }: Subject): string {
  return `Deployment "${deployment.metadata.name}"`;
}

/** A container, and where it is in the pod template. */
export interface Placed {
  readonly index: number;
  readonly container: Container;
}

export function containersOf({ deployment }: Subject): Placed[] {
  return deployment.spec.template.spec.containers.map((container, index) => ({ index, container }));
}

/** Those that the Service's port leads to; all when none says that it has that port. */
export function servingContainers(seen: Subject): Placed[] {
  const all = containersOf(seen);
  const serving = all.filter(({ container }) => containerPortOf(seen, container) !== undefined);
  return serving.length > 0 ? serving : all;
}

/** Number of the container's port that the Service's port leads to; undefined when it has no such port. */
export function containerPortOf({ port }: Subject, container: Container): number | undefined {
  if (port === undefined) return undefined;
  const target = port.targetPort ?? port.port;
  return container.ports?.find(({ name, containerPort }) =>
    typeof target === "number" ? containerPort === target : name === target,
  )?.containerPort;
}

/** Number of the port on the pods that the Service's port leads to; undefined when it is a name that no container has. */
export function podPortOf(seen: Subject): number | undefined {
  const target = seen.port?.targetPort ?? seen.port?.port;
  if (typeof target === "number") return target;
  const ports = containersOf(seen).map(({ container }) => containerPortOf(seen, container));
  return ports.find((port) => port !== undefined);
}
