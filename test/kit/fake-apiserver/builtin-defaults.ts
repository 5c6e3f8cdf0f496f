/** What the API server fills into objects of its own kinds. */
import { arrayAt, isObject, objectAt, type StoredObject } from "./json.ts";
import { defaultPodSpec, defaultTemplate } from "./workload-defaults.ts";

/** The object with what it does not say; before is undefined on create. */
export type Defaults = (object: StoredObject, before: StoredObject | undefined) => StoredObject;

/** A Deployment's replicas, strategy and template. */
export const deploymentDefaults: Defaults = (object) => {
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

/** Replicas and template of other workloads. */
export const workloadDefaults: Defaults = (object) => {
  const spec = objectAt(object, "spec");
  return { ...object, spec: { replicas: 1, ...spec, template: defaultTemplate(objectAt(spec, "template")) } };
};

/** A pod starts as Pending. */
export const podDefaults: Defaults = (object, before) => ({
  ...object,
  spec: defaultPodSpec(objectAt(object, "spec")),
  status: before === undefined ? { phase: "Pending", qosClass: "BestEffort" } : object["status"],
});

/** Names and protocols of ports; lists that are absent are null. */
export const sliceDefaults: Defaults = (object) => {
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

/** A namespace carries its name as a label. */
export const namespaceDefaults: Defaults = (object, before) => ({
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

/** stringData is write-only: it goes into data. */
export const secretDefaults: Defaults = (object) => {
  const plain = Object.entries(objectAt(object, "stringData")).map(
    ([key, value]) => [key, base64(value)] as const,
  );
  const data = { ...objectAt(object, "data"), ...Object.fromEntries(plain) };
  const { stringData: _plain, ...base } = object;
  return { ...base, type: object["type"] ?? "Opaque", ...(Object.keys(data).length === 0 ? {} : { data }) };
};

/** Types, families and ports of a Service; one without a cluster IP gets what allocate gives. */
export function serviceDefaults(allocate: () => string): Defaults {
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
