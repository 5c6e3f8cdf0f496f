/** The auth service as a user has it: a Deployment, a Service and an Ingress, and the module that can take its place. */
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Container } from "../../../operator/kube/objects.ts";
import type { ProbeRequest } from "../prober/config.ts";
import type { Manifest } from "./kubectl.ts";

/** Names of the Deployment, its Service, its Ingress and of the EdgeFunction. */
export const workloadName = "auth";
const moduleConfigMap = "auth-module";
export const moduleKey = "auth.wasm";

/**
 * How the workload's pods end: serve on until nobody sends them anything, by a preStop sleep and their own draining or by
 * the latter alone, or exit the moment they are told.
 */
export type Ending = "drains" | "drains itself" | "abrupt";

export interface Workload {
  readonly namespace: string;
  readonly image: string;
  readonly replicas: number;
  readonly ending: Ending;
}

const signingKey = "a-key-for-demonstration-that-is-no-secret";

/** Host of the Ingress of a namespace; names below localhost need no DNS on a developer's machine. */
export function ingressHost(namespace: string): string {
  return `${namespace}.localhost`;
}

export function userObjects(workload: Workload): Manifest[] {
  return [deployment(workload, workloadName), service(workload.namespace), ingress(workload.namespace)];
}

/** Pods of another Deployment behind the same Service, which stay when those of the workload go. */
export function peers(workload: Workload): Manifest {
  return deployment(workload, `${workloadName}-peers`);
}

function deployment({ namespace, image, replicas, ending }: Workload, name: string): Manifest {
  const labels = { app: workloadName, deployment: name };
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
          containers: [authContainer(image, ending)],
        },
      },
    },
  };
}

/** The container service, for a pod with 40 s to end. */
export function authContainer(image: string, ending: Ending): Container {
  return {
    name: workloadName,
    image,
    env: [...environment("origin"), ...drainSettings],
    ports: [{ name: "http", containerPort: 8080 }],
    readinessProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 1, timeoutSeconds: 5 },
    ...endingFields[ending],
  };
}

/** After the preStop sleep nobody sends requests any more but the kubelet's probe, which would keep it waiting. */
const drainSettings = [{ name: "AUTH_DRAIN_LIMIT_MS", value: "5000" }];

/** The same program, but the first listener to SIGTERM is one that exits. */
const abruptCommand = [
  "/bin/node",
  "--import",
  'data:text/javascript,process.on("SIGTERM",()=>process.exit())',
  "/app/auth.mjs",
];

const endingFields: Readonly<Record<Ending, Pick<Container, "command" | "lifecycle">>> = {
  drains: { lifecycle: { preStop: { sleep: { seconds: 3 } } } },
  "drains itself": {},
  abrupt: { command: abruptCommand },
};

function service(namespace: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: workloadName, namespace },
    spec: { selector: { app: workloadName }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
  };
}

function ingress(namespace: string): Manifest {
  const backend = { service: { name: workloadName, port: { name: "http" } } };
  const paths = [{ path: "/", pathType: "Prefix", backend }];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: workloadName, namespace },
    spec: { rules: [{ host: ingressHost(namespace), http: { paths } }] },
  };
}

/** servedBy comes back in a header of every answer. */
export function environment(servedBy: string): { name: string; value: string }[] {
  return [
    { name: "AUTH_KEY", value: signingKey },
    { name: "SERVED_BY", value: servedBy },
  ];
}

/** The EdgeFunction of the workload; spec is added to, or put over, what it needs. */
export function edgeFunction(namespace: string, spec: Readonly<Record<string, unknown>> = {}): Manifest {
  return {
    apiVersion: "ebb.dev/v1alpha1",
    kind: "EdgeFunction",
    metadata: { name: workloadName, namespace },
    spec: {
      workloadRef: { name: workloadName },
      module: { configMapKeyRef: { name: moduleConfigMap, key: moduleKey } },
      env: environment("edge"),
      ...spec,
    },
  };
}

export function moduleObject(namespace: string, bytes: Uint8Array): Manifest {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: moduleConfigMap, namespace },
    binaryData: { [moduleKey]: Buffer.from(bytes).toString("base64") },
  };
}

export function authModule(): Promise<Buffer> {
  return readFile(join(import.meta.dirname, "../../../wasm-modules/auth/auth.wasm"));
}

/** The same program with other bytes, as a new build has them: a custom section is added, which nothing reads. */
export function anotherBuild(wasm: Uint8Array, build: number): Uint8Array {
  const name = Buffer.from("build");
  const content = [name.length, ...name, build];
  return Buffer.concat([wasm, Buffer.from([0, content.length, ...content])]);
}

/** Requests to the auth service, with the answers that both of its forms give. */
export function authRequests(): ProbeRequest[] {
  const claims = { exp: 4102444800, iat: 1700000000, iss: "auth", sub: "probe" };
  const json = { "content-type": "application/json" };
  const verify = (token: string, answer: unknown): ProbeRequest => ({
    method: "POST",
    path: "/v1/tokens/verify",
    headers: json,
    body: JSON.stringify({ token }),
    expect: { status: 200, body: JSON.stringify(answer) },
  });
  const health: ProbeRequest = {
    method: "GET",
    path: "/healthz",
    headers: {},
    expect: { status: 200, body: '{"status":"ok"}' },
  };
  const missing = JSON.stringify({ error: { field: "path", message: "is not an endpoint of this service" } });
  return [
    health,
    verify(token(claims), { claims, valid: true }),
    { method: "GET", path: "/nowhere", headers: {}, expect: { status: 404, body: missing } },
    verify("a.b.c", { reason: "malformed", valid: false }),
  ];
}

function token(claims: object): string {
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", signingKey).update(signed).digest("base64url")}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
