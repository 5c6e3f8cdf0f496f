/** Names that Ebb puts on objects; every external name follows from a uid so that it never collides. */
import { createHash } from "node:crypto";

export const group = "ebb.dev";
export const version = "v1alpha1";
export const apiVersion = `${group}/${version}`;

/** Field manager of every server-side apply and of every patch. */
export const fieldManager = "ebb";

/** Finalizer of an EdgeFunction: while it is there, the workload may be away. */
export const finalizer = "ebb.dev/restore";

/** Annotation of a Deployment that is away: the JSON of a saved scale. */
export const savedScaleAnnotation = "ebb.dev/saved-scale";

/** Annotation of a gateway pod, changed to make the kubelet refresh its mounted configuration. */
export const touchAnnotation = "ebb.dev/touch";

/** Readiness gate of gateway pods: set when the pod is in every slice of its namespace. */
export const inSlicesCondition = "ebb.dev/in-slices";

/** Value of `endpointslice.kubernetes.io/managed-by` on the slices that Ebb makes. */
export const sliceManager = "ebb.dev";

export const labels = {
  managedBy: "app.kubernetes.io/managed-by",
  name: "app.kubernetes.io/name",
  component: "ebb.dev/component",
  function: "ebb.dev/function",
  gateway: "ebb.dev/gateway",
  serviceName: "kubernetes.io/service-name",
  sliceManagedBy: "endpointslice.kubernetes.io/managed-by",
} as const;

/** Value of the managed-by label on everything that Ebb makes. */
export const managedByEbb = "ebb";

/** The first gateway of a namespace, and for many functions its only one. */
export const gatewayName = "ebb-gateway";

/** Every gateway that a namespace can have, in the order in which they fill; the chart's roles name each of them. */
export const gatewayNames: readonly string[] = Array.from({ length: 10 }, (_, index) =>
  index === 0 ? gatewayName : `${gatewayName}-${index + 1}`,
);

export const poolName = "ebb-pool";
export const poolTlsSecretName = "ebb-pool-tls";
/** What modules of the pool's namespace get from Secrets. */
export const poolEnvSecretName = "ebb-pool-env";
export const caSecretName = "ebb-ca";
export const leaseName = "ebb-operator";

export const ports = {
  /** First port of the range from which each function gets its own on the gateway. */
  firstFunction: 20_000,
  /** Gateway: configuration state and drain, outbound listener, in no slice. */
  gatewayOps: 9902,
  /** Pool: requests to functions. */
  poolHttp: 8080,
  /** Pool: pushes, mutual TLS. */
  poolAdmin: 8081,
  /** Pool: liveness and readiness, plain HTTP. */
  poolProbe: 8082,
} as const;

/** Request header by which the gateway names the function and version: `<key>/<version>`. */
export const functionHeader = "x-ebb-function";

/** Response header by which the pool says why it answered in the function's place. */
export const reasonHeader = "x-ebb-reason";

/** Identity of an EdgeFunction outside the API server, `fn-` and ten hex digits. */
export type FunctionKey = `fn-${string}`;

/** First ten hex digits of sha256(uid). */
export function shortHash(uid: string): string {
  return createHash("sha256").update(uid).digest("hex").slice(0, 10);
}

export function functionKey(uid: string): FunctionKey {
  return `fn-${shortHash(uid)}`;
}

export function originServiceName(uid: string): string {
  return `ebb-origin-${shortHash(uid)}`;
}
