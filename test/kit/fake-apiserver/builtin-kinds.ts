/** The kinds of Kubernetes itself that Ebb reads or writes, and the workloads around them. */
import type { Cause } from "./api-failure.ts";
import {
  type Defaults,
  deploymentDefaults,
  namespaceDefaults,
  podDefaults,
  secretDefaults,
  serviceDefaults,
  sliceDefaults,
  workloadDefaults,
} from "./builtin-defaults.ts";
import { builtinTopology } from "./field-topology.ts";
import { equalJson, objectAt, valueAt, without, type JsonObject, type StoredObject } from "./json.ts";
import type { Kind, KindSubresource, Strategy } from "./kind.ts";

interface Description {
  readonly path: `${string}/${string}`;
  readonly plural: string;
  readonly kind: string;
  readonly clusterScoped?: boolean;
  readonly subresources?: readonly KindSubresource[];
  readonly defaults?: Defaults;
  /** Paths that an update must not change. */
  readonly immutable?: readonly string[];
  /** Its objects are answered and not stored. */
  readonly isQuestion?: true;
  /** Whether the kind has a generation, and what it counts. */
  readonly counted?: (object: StoredObject) => JsonObject;
  readonly selectableFields?: readonly string[];
}

const specOnly = (object: StoredObject): JsonObject => objectAt(object, "spec");
const statusAndScale = ["status", "scale"] as const;

/** Everything of a slice but its metadata; labels count too. */
const sliceContent = (object: StoredObject): JsonObject => ({
  ...without(object, "metadata", "apiVersion", "kind"),
  labels: object.metadata.labels,
});

const descriptions: readonly Description[] = [
  {
    path: "apps/v1",
    plural: "deployments",
    kind: "Deployment",
    subresources: statusAndScale,
    defaults: deploymentDefaults,
    immutable: ["spec.selector"],
    counted: specOnly,
  },
  {
    path: "apps/v1",
    plural: "replicasets",
    kind: "ReplicaSet",
    subresources: statusAndScale,
    defaults: workloadDefaults,
    immutable: ["spec.selector"],
    counted: specOnly,
  },
  {
    path: "apps/v1",
    plural: "statefulsets",
    kind: "StatefulSet",
    subresources: statusAndScale,
    defaults: workloadDefaults,
    counted: specOnly,
  },
  { path: "apps/v1", plural: "daemonsets", kind: "DaemonSet", subresources: ["status"], counted: specOnly },
  {
    path: "/v1",
    plural: "pods",
    kind: "Pod",
    subresources: ["status", "eviction"],
    defaults: podDefaults,
    immutable: ["spec.containers.0.name", "spec.nodeName"],
    counted: specOnly,
    selectableFields: ["spec.nodeName", "status.phase", "status.podIP"],
  },
  {
    path: "/v1",
    plural: "services",
    kind: "Service",
    subresources: ["status"],
    immutable: ["spec.clusterIP"],
  },
  { path: "/v1", plural: "configmaps", kind: "ConfigMap" },
  {
    path: "/v1",
    plural: "secrets",
    kind: "Secret",
    defaults: secretDefaults,
    immutable: ["type"],
    selectableFields: ["type"],
  },
  { path: "/v1", plural: "serviceaccounts", kind: "ServiceAccount" },
  { path: "/v1", plural: "persistentvolumeclaims", kind: "PersistentVolumeClaim", subresources: ["status"] },
  {
    path: "/v1",
    plural: "namespaces",
    kind: "Namespace",
    clusterScoped: true,
    subresources: ["status", "finalize"],
    defaults: namespaceDefaults,
    selectableFields: ["status.phase"],
  },
  { path: "/v1", plural: "nodes", kind: "Node", clusterScoped: true, subresources: ["status"] },
  {
    path: "discovery.k8s.io/v1",
    plural: "endpointslices",
    kind: "EndpointSlice",
    defaults: sliceDefaults,
    immutable: ["addressType"],
    counted: sliceContent,
  },
  {
    path: "policy/v1",
    plural: "poddisruptionbudgets",
    kind: "PodDisruptionBudget",
    subresources: ["status"],
    counted: specOnly,
  },
  { path: "coordination.k8s.io/v1", plural: "leases", kind: "Lease" },
  {
    path: "/v1",
    plural: "events",
    kind: "Event",
    selectableFields: ["reason", "type", "involvedObject.name", "involvedObject.kind"],
  },
  {
    path: "events.k8s.io/v1",
    plural: "events",
    kind: "Event",
    selectableFields: ["reason", "type", "regarding.name", "regarding.kind"],
  },
  {
    path: "autoscaling/v2",
    plural: "horizontalpodautoscalers",
    kind: "HorizontalPodAutoscaler",
    subresources: ["status"],
  },
  {
    path: "networking.k8s.io/v1",
    plural: "ingresses",
    kind: "Ingress",
    subresources: ["status"],
    counted: specOnly,
  },
  { path: "networking.k8s.io/v1", plural: "networkpolicies", kind: "NetworkPolicy", counted: specOnly },
  { path: "/v1", plural: "resourcequotas", kind: "ResourceQuota", subresources: ["status"] },
  { path: "/v1", plural: "limitranges", kind: "LimitRange" },
  { path: "rbac.authorization.k8s.io/v1", plural: "roles", kind: "Role" },
  { path: "rbac.authorization.k8s.io/v1", plural: "rolebindings", kind: "RoleBinding" },
  { path: "rbac.authorization.k8s.io/v1", plural: "clusterroles", kind: "ClusterRole", clusterScoped: true },
  {
    path: "rbac.authorization.k8s.io/v1",
    plural: "clusterrolebindings",
    kind: "ClusterRoleBinding",
    clusterScoped: true,
  },
  {
    path: "authorization.k8s.io/v1",
    plural: "subjectaccessreviews",
    kind: "SubjectAccessReview",
    clusterScoped: true,
    isQuestion: true,
  },
];

function immutabilityProblems(paths: readonly string[], object: StoredObject, before: StoredObject): Cause[] {
  const broken = paths.filter((path) => {
    const old = valueAt(before, path.split("."));
    return old !== undefined && !equalJson(old, valueAt(object, path.split(".")));
  });
  return broken.map((field) => {
    const value = JSON.stringify(valueAt(object, field.split(".")));
    return { field, reason: "FieldValueInvalid", message: `Invalid value: ${value}: field is immutable` };
  });
}

function strategyOf({ defaults, immutable = [], counted }: Description): Strategy {
  return {
    normalize: (object, before) => ({ object: defaults?.(object, before) ?? object, unknown: [] }),
    validate: (object, before) =>
      before === undefined ? [] : immutabilityProblems(immutable, object, before),
    counted,
  };
}

/** All of them; Services get their cluster IP from allocate, which returns a new one a call. */
export function builtinKinds(allocate: () => string): Kind[] {
  return descriptions.map((description) => {
    const {
      path,
      plural,
      kind,
      clusterScoped = false,
      subresources = [],
      selectableFields = [],
      isQuestion,
    } = description;
    const [group = "", version = ""] = path.split("/");
    const full = kind === "Service" ? { ...description, defaults: serviceDefaults(allocate) } : description;
    const namespaced = !clusterScoped;
    const topology = builtinTopology(kind);
    return {
      group,
      version,
      plural,
      kind,
      namespaced,
      subresources,
      selectableFields,
      topology,
      strategy: strategyOf(full),
      ...(isQuestion === undefined ? {} : { isQuestion }),
    };
  });
}
