/** The EndpointSlices by which callers of a Service reach a gateway pod: one for each function, pod and address family. */
import { gatewayName, labels, managedByEbb, sliceManager, shortHash } from "../../api/v1alpha1/names.ts";
import type { EndpointSlice, Pod } from "../../kube/objects.ts";
import type { GatewayEntry } from "../gateway/entry.ts";
import { addressesOf, familyOf, isTerminating } from "../gateway/gateway-pods.ts";

type Family = "IPv4" | "IPv6";

/** What callers are told of one gateway pod. */
export interface EndpointState {
  /** New connections may come. */
  readonly ready: boolean;
  /** It answers, also while it terminates. */
  readonly serving: boolean;
}

/** Families that both the Service and the pod have. */
export function sliceFamilies(entry: GatewayEntry, pod: Pod): Family[] {
  const own = new Set(addressesOf(pod).map(familyOf));
  return entry.service.families.filter((family) => own.has(family));
}

/**
 * Follows from the function, the pod's uid and the Service: kube-proxy files a slice under its Service by the label it has
 * when it changes, so that a slice that changed its Service would stay in the former one's endpoints for ever.
 */
export function sliceName(entry: GatewayEntry, pod: Pod, family: Family): string {
  return `ebb-${entry.key}-${shortHash(`${pod.metadata.uid} ${entry.service.name}`)}-${family.toLowerCase()}`;
}

/** The gateway that a slice of Ebb's leads to. */
export function gatewayOf(slice: EndpointSlice): string {
  return slice.metadata.labels?.[labels.gateway] ?? gatewayName;
}

export function isEbbSlice(slice: EndpointSlice): boolean {
  return slice.metadata.labels?.[labels.sliceManagedBy] === sliceManager;
}

/** Owned by the pod: the garbage collector takes it away with the pod, also when no operator runs. */
export function desiredSlice(
  entry: GatewayEntry,
  pod: Pod,
  family: Family,
  state: EndpointState,
): EndpointSlice {
  const { name, namespace = "", uid = "" } = pod.metadata;
  const { service } = entry;
  const addresses = addressesOf(pod).filter((address) => familyOf(address) === family);
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: sliceName(entry, pod, family),
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
    addressType: family,
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
        port: entry.port,
        protocol: "TCP",
        ...(service.appProtocol === undefined ? {} : { appProtocol: service.appProtocol }),
      },
    ],
  };
}
