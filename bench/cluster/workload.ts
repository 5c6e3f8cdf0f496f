/** Any number of small services of one kind, each with the EdgeFunction that moves it. */
import type { Deployment, Service } from "../../operator/kube/objects.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";
import { authContainer, environment, moduleKey, moduleObject } from "../../test/e2e/harness/auth-workload.ts";

export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  /** What its pods ask of a node; nothing unless given. */
  readonly requests?: { readonly cpu: string; readonly memory: string };
}

/** The Deployment drains before it ends, as one should that promises to lose nothing. */
export function deploymentOf({ namespace, name, image, replicas, requests }: Workload): Deployment {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 40,
          containers: [
            {
              ...authContainer(image, "drains"),
              ...(requests === undefined ? {} : { resources: { requests } }),
            },
          ],
        },
      },
    },
  };
}

export function serviceOf({ namespace, name }: Workload): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
  };
}

/** What a person writes; the API server adds the defaults. */
export interface WrittenFunction extends KubeObject {
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Its module is that of the namespace's `moduleObject`. */
export function functionOf(
  { namespace, name }: Pick<Workload, "namespace" | "name">,
  spec: Readonly<Record<string, unknown>> = {},
): WrittenFunction {
  const { metadata } = moduleObject(namespace, new Uint8Array());
  return {
    apiVersion: "ebb.dev/v1alpha1",
    kind: "EdgeFunction",
    metadata: { name, namespace },
    spec: {
      workloadRef: { name },
      module: { configMapKeyRef: { name: metadata.name, key: moduleKey } },
      env: environment("edge"),
      ...spec,
    },
  };
}
