/** The objects that the operator's account tries to write: a user's, and Ebb's own. */
import { gatewayLabels } from "../../operator/traffic/gateway/manifests.ts";
import type { Manifest } from "../e2e/harness/kubectl.ts";
import { manifest } from "./manifest.ts";
import type { Places } from "./rights-server.ts";

const ours = { "app.kubernetes.io/managed-by": "ebb" };
const podSpec = {
  // Never scheduled: nobody but the tests writes to it.
  schedulingGates: [{ name: "example.com/never" }],
  containers: [{ name: "app", image: "registry.example/app:1" }],
};

/** The user's are called `checkout`, Ebb's begin with `ebb-`. */
export function fixtures(namespace: string, slices: string): Manifest[] {
  return [
    ...["checkout", "ebb-rights"].flatMap((name) => pair(namespace, name)),
    secret(namespace, "checkout"),
    secret(namespace, "ebb-pool-tls"),
    pod(namespace, "checkout", { app: "checkout" }),
    pod(namespace, "ebb-gateway-0", gatewayLabels("ebb-gateway")),
    pod(slices, "ebb-gateway-0", { app: "gateway" }),
  ];
}

/** Of the pod with that uid in their namespace. */
export function sliceFixtures(namespace: string, uid: string): Manifest[] {
  return [sliceOf(namespace, "checkout", uid, { manager: "a-user" }), sliceOf(namespace, "ebb-slice", uid)];
}

/** What both a user and Ebb have in a namespace. */
function pair(namespace: string, name: string): Manifest[] {
  const metadata = { namespace, name, ...(name.startsWith("ebb-") && { labels: ours }) };
  return [
    deploymentOf(namespace, name),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: { app: name }, ports: [{ name: "http", port: 80 }] },
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { key: "value" } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata,
      spec: { minAvailable: 1, selector: { matchLabels: { app: name } } },
    },
    networkPolicyOf(namespace, name, name.startsWith("ebb-") ? { "ebb.dev/component": "gateway" } : {}),
  ];
}

/** Selects pods by those labels. */
export function networkPolicyOf(namespace: string, name: string, matchLabels: object): Manifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { namespace, name, ...(name.startsWith("ebb-") && { labels: ours }) },
    spec: { podSelector: { matchLabels }, policyTypes: ["Ingress"] },
  };
}

/** Without replicas; Ebb's is of its own account. */
export function deploymentOf(namespace: string, name: string, pod: object = {}): Manifest {
  const labels = { app: name, ...(name.startsWith("ebb-") && ours) };
  const containers = [{ name: "app", image: "registry.example/app:1" }];
  const account = { serviceAccountName: name, automountServiceAccountToken: false };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace, name, labels, annotations: { "example.com/team": "shop" } },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { containers, ...account, ...pod } },
    },
  };
}

function secret(namespace: string, name: string): Manifest {
  const metadata = { namespace, name, ...(name.startsWith("ebb-") && { labels: ours }) };
  return { apiVersion: "v1", kind: "Secret", metadata, stringData: { key: "value" } };
}

function pod(namespace: string, name: string, labels: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, labels }, spec: podSpec };
}

/** Changes to a slice of the operator's. */
interface SliceChange {
  readonly manager?: string;
  /** Put over the only endpoint. */
  readonly endpoint?: Readonly<Record<string, unknown>>;
  readonly owners?: readonly object[];
  /** Of the pod that owns it. */
  readonly podName?: string;
}

/** Owned by the pod `ebb-gateway-0` of that uid, and pointing to it. */
export function sliceOf(namespace: string, name: string, uid: string, change: SliceChange = {}): Manifest {
  const { manager = "ebb.dev", endpoint, owners, podName = "ebb-gateway-0" } = change;
  const pod = { kind: "Pod", name: podName, uid };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      namespace,
      name,
      labels: { "kubernetes.io/service-name": "checkout", "endpointslice.kubernetes.io/managed-by": manager },
      ownerReferences: owners ?? [{ apiVersion: "v1", ...pod }],
    },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.1.2.3"], targetRef: { ...pod, namespace }, ...endpoint }],
    ports: [{ name: "http", port: 20_000, protocol: "TCP" }],
  };
}

/** An edge target to make where a path says. */
export function targetOf(kind: "EdgeTarget" | "ClusterEdgeTarget", name: string): (places: Places) => object {
  return ({ functions }) => {
    const apiVersion = /\/apis\/(.*)\/namespaces\//.exec(functions)?.[1] ?? "";
    return edgeTarget(apiVersion, kind, name);
  };
}

export function edgeTarget(apiVersion: string, kind: string, name: string, namespace?: string): Manifest {
  const metadata = { name, ...(namespace !== undefined && { namespace }) };
  return { apiVersion, kind, metadata, spec: { workerd: {} } };
}

export function edgeFunction(apiVersion: string, namespace: string): Manifest {
  const made = manifest(apiVersion, "EdgeFunction", "{}", "checkout") as Manifest;
  const finalizers = ["example.com/audit"];
  return { ...made, metadata: { namespace, name: "checkout", finalizers } };
}
