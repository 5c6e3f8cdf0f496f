/** The scale subresource of workloads, as an autoscaling/v1 Scale. */
import { badRequest } from "./api-failure.ts";
import { objectAt, valueAt, withValueAt, asStoredObject, type StoredObject } from "./json.ts";

export function scaleOf(workload: StoredObject): StoredObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = workload.metadata;
  const labels = Object.entries(objectAt(workload, "spec", "selector", "matchLabels"));
  const replicas = valueAt(workload, ["spec", "replicas"]);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as StoredObject["metadata"],
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: valueAt(workload, ["status", "replicas"]) ?? 0,
      selector: labels.map(([key, value]) => `${key}=${String(value)}`).join(","),
    },
  };
}

/** The workload with the replicas of a Scale. Errors: 400 for replicas that are no count. */
export function scaled(workload: StoredObject, scale: StoredObject): StoredObject {
  const replicas = valueAt(scale, ["spec", "replicas"]) ?? 0;
  if (typeof replicas !== "number" || replicas < 0)
    throw badRequest("spec.replicas must be greater than or equal to 0");
  const changed = asStoredObject(withValueAt(workload, ["spec", "replicas"], replicas)) ?? workload;
  const { resourceVersion, uid } = scale.metadata;
  return {
    ...changed,
    metadata: {
      ...changed.metadata,
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(uid ? { uid } : {}),
    },
  };
}
