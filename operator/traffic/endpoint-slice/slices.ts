/** The EndpointSlices by which callers of a Service reach a gateway pod: one for each function, pod, address family and port. */
import { gatewayName, labels, managedByEbb, sliceManager, shortHash } from "../../api/v1alpha1/names.ts";
import type { EndpointSlice, Pod } from "../../kube/objects.ts";
import { type GatewayEntry, listenerPorts } from "../gateway/entry.ts";
import { addressesOf, familyOf, isTerminating } from "../gateway/gateway-pods.ts";

type Family = "IPv4" | "IPv6";

/** What callers are told of one gateway pod. */
export interface EndpointState {
  /** New connections may come. */
  readonly ready: boolean;
  /** It answers, also while it terminates. */
  readonly serving: boolean;
}

/** Where one gateway pod answers for a function; a slice has one address family, and one number for a port's name. */
export interface Slot {
  readonly family: Family;
  readonly port: number;
}

/** Every port, in the families that both the Service and the pod have. */
export function slotsOf(entry: GatewayEntry, pod: Pod): Slot[] {
  const own = new Set(addressesOf(pod).map(familyOf));
  return entry.service.families
    .filter((family) => own.has(family))
    .flatMap((family) => listenerPorts(entry).map((port) => ({ family, port })));
}

/**
 * Follows from the function, the pod's uid and the Service: kube-proxy files a slice under its Service by the label it has
 * when it changes, so that a slice that changed its Service would stay in the former one's endpoints for ever.
 */
export function sliceName(entry: GatewayEntry, pod: Pod, { family, port }: Slot): string {
  const hash = shortHash(`${pod.metadata.uid} ${entry.service.name}`);
  return `ebb-${entry.key}-${hash}-${family.toLowerCase()}-${port}`;
}

/** The gateway that a slice of Ebb's leads to. */
export function gatewayOf(slice: EndpointSlice): string {
  return slice.metadata.labels?.[labels.gateway] ?? gatewayName;
}

export function isEbbSlice(slice: EndpointSlice): boolean {
  return slice.metadata.labels?.[labels.sliceManagedBy] === sliceManager;
}

/** Owned by the pod: the garbage collector takes it away with the pod, also when no operator runs. */
export function desiredSlice(entry: GatewayEntry, pod: Pod, slot: Slot, state: EndpointState): EndpointSlice {
  const { name, namespace = "", uid = "" } = pod.metadata;
  const { service } = entry;
  const addresses = addressesOf(pod).filter((address) => familyOf(address) === slot.family);
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: sliceName(entry, pod, slot),
      namespace,
      labels: {
        [labels.serviceName]: service.name,
        [labels.sliceManagedBy]: sliceManager,
        [labels.managedBy]: managedByEbb,
        [labels.function]: entry.key,
        [labels.gateway]: pod.metadata.labels?.[labels.name] ?? gatewayName,
      },
      ownerReferences: [
        { apiVersion: "v1", kind: "Pod", name, uid, controller: false, blockOwnerDeletion: false },
      ],
    },
    addressType: slot.family,
    endpoints: [
      {
        addresses: addresses.slice(0, 1),
        conditions: { ...state, terminating: isTerminating(pod) },
        targetRef: { kind: "Pod", name, namespace, uid },
        ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
      },
    ],
    ports: [
      {
        name: service.portName,
        port: slot.port,
        protocol: "TCP",
        ...(service.appProtocol === undefined ? {} : { appProtocol: service.appProtocol }),
      },
    ],
  };
}
