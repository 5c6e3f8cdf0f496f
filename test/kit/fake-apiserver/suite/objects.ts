/** Small objects that the suite writes. */
import { objectAt, type JsonObject } from "../json.ts";

export function configMap(
  name: string,
  data: Record<string, string> = {},
  metadata: JsonObject = {},
): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...metadata }, data };
}

/** A Deployment of no pods. */
export function deployment(name: string, replicas = 0): JsonObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "app", image: "registry.example/app:1" }] },
      },
    },
  };
}

export function edgeFunction(name: string, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: "ebb.dev/v1alpha1",
    kind: "EdgeFunction",
    metadata: { name },
    spec: {
      workloadRef: { name: "app" },
      module: { configMapKeyRef: { name: "module", key: "module.wasm" } },
      ...spec,
    },
  };
}

export function metadataOf(object: JsonObject): JsonObject {
  return objectAt(object, "metadata");
}

export function versionOf(object: JsonObject): string {
  return String(metadataOf(object)["resourceVersion"]);
}
