/** The workload of all scenarios, and the function that takes its place. */
import type { EdgeFunction } from "../../operator/kube/edge-objects.ts";
import type { ConfigMap, Deployment, Service } from "../../operator/kube/objects.ts";

export const namespace = "shop";
export const edgeBody = "edge";
const moduleKey = "module.js";

/** Its pods serve on for a while when they are told to end, unless they end abruptly. */
export function deploymentOf(name: string, replicas: number, isAbrupt = false): Deployment {
  const labels = { app: name };
  const ports = [{ containerPort: 8080 }];
  const lifecycle = isAbrupt ? {} : { preStop: { sleep: { seconds: 5 } } };
  const containers = [{ name: "app", image: `registry.example/${name}:1`, ports, lifecycle }];
  return {
    metadata: { namespace, name, labels, annotations: { "example.com/team": "shop" } },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

export function serviceOf(name: string): Service {
  return {
    metadata: { namespace, name },
    spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
  };
}

/** A module that answers with body. */
export function moduleOf(name: string, body = edgeBody): ConfigMap {
  const source = `export default { fetch() { return new Response(${JSON.stringify(body)}); } };`;
  return { metadata: { namespace, name: moduleName(name) }, binaryData: { [moduleKey]: base64(source) } };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function moduleName(name: string): string {
  return `${name}-module`;
}

export type FunctionSpec = Pick<EdgeFunction["spec"], "workloadRef" | "module"> &
  Partial<EdgeFunction["spec"]>;

export const checkoutOnWorkerd: FunctionSpec = {
  workloadRef: { name: "checkout" },
  module: { configMapKeyRef: { name: moduleName("checkout"), key: moduleKey }, abi: "Worker" },
};
