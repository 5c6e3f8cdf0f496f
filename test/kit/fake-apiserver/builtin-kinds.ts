/** The kinds of Kubernetes itself that Ebb reads or writes, and the workloads around them. */
import type { Cause } from "./api-failure.ts";
import { builtinTopology } from "./field-topology.ts";
import {
  arrayAt,
  equalJson,
  isObject,
  objectAt,
  valueAt,
  without,
  type JsonObject,
  type StoredObject,
} from "./json.ts";
import type { Kind, KindSubresource, Strategy } from "./kind.ts";
import { defaultPodSpec, defaultTemplate } from "./workload-defaults.ts";

type Defaults = (object: StoredObject, before: StoredObject | undefined) => StoredObject;

interface Description {
  readonly path: `${string}/${string}`;
  readonly plural: string;
  readonly kind: string;
  readonly clusterScoped?: boolean;
  readonly subresources?: readonly KindSubresource[];
  readonly defaults?: Defaults;
  /** Paths that an update must not change. */
  readonly immutable?: readonly string[];
  /** Whether the kind has a generation, and what it counts. */
  readonly counted?: (object: StoredObject) => JsonObject;
  readonly selectableFields?: readonly string[];
  readonly validate?: (object: StoredObject) => readonly Cause[];
}

const specOnly = (object: StoredObject): JsonObject => objectAt(object, "spec");
const statusAndScale = ["status", "scale"] as const;

const deployment: Defaults = (object) => {
  const spec = objectAt(object, "spec");
  const rolling = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } };
  const strategy = objectAt(spec, "strategy");
  const given = strategy["type"] === "Recreate" ? strategy : { ...rolling, ...strategy };
  const defaults = { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 };
  return {
    ...object,
    spec: { ...defaults, ...spec, strategy: given, template: defaultTemplate(objectAt(spec, "template")) },
  };
};

const workload: Defaults = (object) => {
  const spec = objectAt(object, "spec");
  return { ...object, spec: { replicas: 1, ...spec, template: defaultTemplate(objectAt(spec, "template")) } };
};

const pod: Defaults = (object, before) => ({
  ...object,
  spec: defaultPodSpec(objectAt(object, "spec")),
  status: before === undefined ? { phase: "Pending", qosClass: "BestEffort" } : object["status"],
});

const slice: Defaults = (object) => {
  const ports = arrayAt(object, "ports").map((port) => ({
    name: "",
    protocol: "TCP",
    ...(isObject(port) ? port : {}),
  }));
  return {
    ...object,
    endpoints: object["endpoints"] ?? null,
    ports: object["ports"] === undefined ? null : ports,
  };
};

const namespace: Defaults = (object, before) => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: { "kubernetes.io/metadata.name": object.metadata.name, ...object.metadata.labels },
  },
  spec: before === undefined ? { finalizers: ["kubernetes"] } : object["spec"],
  status: before === undefined ? { phase: "Active" } : object["status"],
});

function base64(value: unknown): string {
  return Buffer.from(String(value)).toString("base64");
}

const secret: Defaults = (object) => {
  const plain = Object.entries(objectAt(object, "stringData")).map(
    ([key, value]) => [key, base64(value)] as const,
  );
  const data = { ...objectAt(object, "data"), ...Object.fromEntries(plain) };
  const base = without(object, "stringData");
  return {
    ...object,
    ...base,
    type: object["type"] ?? "Opaque",
    ...(Object.keys(data).length === 0 ? {} : { data }),
    stringData: undefined,
  };
};

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
    defaults: deployment,
    immutable: ["spec.selector"],
    counted: specOnly,
  },
  {
    path: "apps/v1",
    plural: "replicasets",
    kind: "ReplicaSet",
    subresources: statusAndScale,
    defaults: workload,
    immutable: ["spec.selector"],
    counted: specOnly,
  },
  {
    path: "apps/v1",
    plural: "statefulsets",
    kind: "StatefulSet",
    subresources: statusAndScale,
    defaults: workload,
    counted: specOnly,
  },
  { path: "apps/v1", plural: "daemonsets", kind: "DaemonSet", subresources: ["status"], counted: specOnly },
  {
    path: "/v1",
    plural: "pods",
    kind: "Pod",
    subresources: ["status", "eviction"],
    defaults: pod,
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
    defaults: secret,
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
    defaults: namespace,
    selectableFields: ["status.phase"],
  },
  { path: "/v1", plural: "nodes", kind: "Node", clusterScoped: true, subresources: ["status"] },
  {
    path: "discovery.k8s.io/v1",
    plural: "endpointslices",
    kind: "EndpointSlice",
    defaults: slice,
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

function strategyOf({ defaults, immutable = [], counted, validate }: Description): Strategy {
  return {
    normalize: (object, before) => ({ object: defaults?.(object, before) ?? object, unknown: [] }),
    validate: (object, before) => [
      ...(validate?.(object) ?? []),
      ...(before === undefined ? [] : immutabilityProblems(immutable, object, before)),
    ],
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
    };
  });
}

function serviceDefaults(allocate: () => string): Defaults {
  return (object) => {
    const spec = objectAt(object, "spec");
    if (spec["type"] === "ExternalName") return object;
    const clusterIP = spec["clusterIP"] ?? allocate();
    const ports = arrayAt(spec, "ports").map((port) => {
      const given = isObject(port) ? port : {};
      return { protocol: "TCP", targetPort: given["port"], ...given };
    });
    const defaults = {
      type: "ClusterIP",
      sessionAffinity: "None",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      internalTrafficPolicy: "Cluster",
    };
    return {
      ...object,
      spec: { ...defaults, clusterIPs: [clusterIP], ...spec, clusterIP, ports },
      status: object["status"] ?? { loadBalancer: {} },
    };
  };
}
