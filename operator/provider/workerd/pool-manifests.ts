/** The objects of a namespace's pool, as they should be. */
import { createHash } from "node:crypto";
import { labels, managedByEbb, poolName, poolTlsSecretName, ports } from "../../api/v1alpha1/names.ts";
import type {
  Deployment,
  PodDisruptionBudget,
  PodSpec,
  Service,
  ServiceAccount,
} from "../../kube/objects.ts";
import type { KubeObject, ObjectMeta, OwnerReference } from "../../kube/resource.ts";
import { canonicalJson } from "../version-entry.ts";
import type { PoolSpec } from "./pool-spec.ts";

/** Annotation of a pod template: the fingerprint of the certificates, so that new ones roll the pods. */
const certificateAnnotation = "ebb.dev/certificate";
/** Annotation of every object: names what was applied, so that a field that is wanted no more is noticed. */
const appliedAnnotation = "ebb.dev/applied";

/** Longer than the DNS record lives in a cache and Envoy takes to ask again: until then requests still arrive. */
const preStopSeconds = 15;
const graceSeconds = 45;
/** A process that its liveness probe has found stalled ends at once: it would answer nothing in a drain. */
const stalledGraceSeconds = 1;

export interface PoolManifestInput {
  readonly namespace: string;
  readonly image: string;
  readonly spec: PoolSpec;
  readonly certificate: string;
  /** ConfigMap `ebb-pool`: with it, everything goes. */
  readonly owner: OwnerReference;
}

const selector = { [labels.name]: poolName };

export function poolService(input: PoolManifestInput): Service {
  return marked(input, "v1", "Service", {
    spec: {
      clusterIP: "None",
      selector,
      ports: [{ name: "http", port: ports.poolHttp, protocol: "TCP", targetPort: "http" }],
    },
  });
}

export function poolServiceAccount(input: PoolManifestInput): ServiceAccount {
  return marked(input, "v1", "ServiceAccount", { automountServiceAccountToken: false });
}

export function poolBudget(input: PoolManifestInput): PodDisruptionBudget {
  return marked(input, "policy/v1", "PodDisruptionBudget", {
    spec: { minAvailable: 1, selector: { matchLabels: selector } },
  });
}

export function poolDeployment(input: PoolManifestInput): Deployment {
  return marked(input, "apps/v1", "Deployment", {
    spec: {
      replicas: input.spec.replicas,
      selector: { matchLabels: selector },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: poolLabels(), annotations: { [certificateAnnotation]: input.certificate } },
        spec: podSpec(input),
      },
    },
  });
}

export function poolLabels(): Record<string, string> {
  return { ...selector, [labels.managedBy]: managedByEbb, [labels.component]: "pool" };
}

function podSpec({ image, spec }: PoolManifestInput): PodSpec {
  return {
    serviceAccountName: poolName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: graceSeconds,
    ...(spec.runtimeClassName === undefined ? {} : { runtimeClassName: spec.runtimeClassName }),
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: selector },
      },
    ],
    containers: [
      {
        name: "workerd",
        image,
        imagePullPolicy: "IfNotPresent",
        ports: [
          { name: "http", containerPort: ports.poolHttp, protocol: "TCP" },
          { name: "admin", containerPort: ports.poolAdmin, protocol: "TCP" },
          { name: "probe", containerPort: ports.poolProbe, protocol: "TCP" },
        ],
        resources: quantities(spec.resources),
        volumeMounts: [
          { name: "data", mountPath: "/data" },
          { name: "state", mountPath: "/state" },
          { name: "tls", mountPath: "/etc/ebb/tls", readOnly: true },
        ],
        readinessProbe: probe("/readyz", 1, 2),
        // All functions share one thread: one that never ends stops the probe too, and the process is started anew. The
        // probe is patient, because a process that the node starves of its processor is no better after a new start.
        livenessProbe: { ...probe("/livez", 4, 4), terminationGracePeriodSeconds: stalledGraceSeconds },
        lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
      },
    ],
    volumes: [
      { name: "data", emptyDir: { sizeLimit: "1Gi" } },
      // Values from Secrets are written to no disk, as where the kubelet mounts Secrets.
      { name: "state", emptyDir: { medium: "Memory", sizeLimit: "32Mi" } },
      { name: "tls", secret: { secretName: poolTlsSecretName } },
    ],
  };
}

function probe(path: string, periodSeconds: number, timeoutSeconds: number) {
  return { httpGet: { path, port: "probe" }, periodSeconds, timeoutSeconds, failureThreshold: 3 };
}

function texts(amounts: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, String(amount)]));
}

function quantities(resources: PoolSpec["resources"]) {
  return {
    ...(resources.requests === undefined ? {} : { requests: texts(resources.requests) }),
    ...(resources.limits === undefined ? {} : { limits: texts(resources.limits) }),
  };
}

/** An object of the pool: its metadata, what is in it, and a mark of both. */
export function marked<B extends object>(
  input: Pick<PoolManifestInput, "namespace" | "owner">,
  apiVersion: string,
  kind: string,
  body: B,
): B & KubeObject & { readonly metadata: ObjectMeta } {
  const metadata = {
    name: poolName,
    namespace: input.namespace,
    labels: poolLabels(),
    ownerReferences: [input.owner],
  };
  const applied = createHash("sha256")
    .update(canonicalJson({ metadata, ...body }))
    .digest("hex")
    .slice(0, 16);
  return {
    apiVersion,
    kind,
    metadata: { ...metadata, annotations: { [appliedAnnotation]: applied } },
    ...body,
  };
}
