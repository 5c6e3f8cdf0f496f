/** Stands in for the EndpointSlice controller: one slice for each Service with a selector. */
import {
  type Endpoint,
  type EndpointSlice,
  endpointSlices,
  type Pod,
  pods,
  type Service,
  services,
  type ServicePort,
} from "../../../operator/kube/objects.ts";
import type { FakeApiServer } from "../fake-apiserver/fake-api-server.ts";
import type { Change } from "../fake-apiserver/storage.ts";
import { keyOf, refOf, startController } from "./controller.ts";
import { condition, isTerminating, matches } from "./pods.ts";

const manager = "kube-controller-manager";
const sliceManagedBy = "endpointslice-controller.k8s.io";

/** Returns the way to stop. */
export function startEndpointSliceController(server: FakeApiServer): () => void {
  return startController({
    server,
    keysOf: (change) => concerned(server, change),
    reconcile: (key) => reconcile(server, key),
  });
}

function concerned(server: FakeApiServer, change: Change): string[] {
  const { kind, metadata } = change.object;
  if (kind === "Service") return [keyOf(change)];
  if (kind !== "Pod") return [];
  return server
    .readAll(services, metadata.namespace)
    .map((service) => `${metadata.namespace}/${service.metadata.name}`);
}

function reconcile(server: FakeApiServer, key: string): void {
  const { namespace, name } = refOf(key);
  const service = server.read(services, { namespace, name });
  if (service?.spec.selector === undefined || service.metadata.deletionTimestamp !== undefined) return;
  const { selector } = service.spec;
  const backends = server.readAll(pods, namespace).filter((pod) => matches({ matchLabels: selector }, pod));
  const addressed = backends.filter((pod) => pod.status?.podIP !== undefined);
  const slice = sliceOf(service, addressed);
  const ref = { namespace, name: slice.metadata.name };
  if (server.read(endpointSlices, ref) === undefined) server.put(endpointSlices, slice, { manager });
  else
    server.change(
      endpointSlices,
      ref,
      (live) => ({ ...live, endpoints: slice.endpoints ?? [], ports: slice.ports ?? [] }),
      { manager },
    );
}

function sliceOf(service: Service, backends: readonly Pod[]): EndpointSlice {
  const { namespace = "", name, uid = "" } = service.metadata;
  const owner = { apiVersion: "v1", kind: "Service", name, uid, controller: true, blockOwnerDeletion: true };
  const labels = {
    "kubernetes.io/service-name": name,
    "endpointslice.kubernetes.io/managed-by": sliceManagedBy,
  };
  return {
    metadata: { name: `${name}-pods`, namespace, labels, ownerReferences: [owner] },
    addressType: "IPv4",
    endpoints: backends.map((pod) => endpointOf(pod, service.spec.publishNotReadyAddresses === true)),
    ports: (service.spec.ports ?? []).map((port) => ({
      name: port.name ?? "",
      protocol: port.protocol ?? "TCP",
      port: targetOf(port, backends),
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    })),
  };
}

function endpointOf(pod: Pod, publishesAll: boolean): Endpoint {
  const serving = condition(pod, "Ready")?.status === "True";
  const terminating = isTerminating(pod);
  const { namespace = "", name, uid = "" } = pod.metadata;
  return {
    addresses: [pod.status?.podIP ?? ""],
    conditions: { ready: publishesAll || (serving && !terminating), serving, terminating },
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
  };
}

/** The number of a target port; a name is looked up in the pods. */
function targetOf({ port, targetPort = port }: ServicePort, backends: readonly Pod[]): number {
  if (typeof targetPort === "number") return targetPort;
  const ports = backends.flatMap((pod) => pod.spec.containers).flatMap((container) => container.ports ?? []);
  return ports.find((each) => each.name === targetPort)?.containerPort ?? port;
}
