/** The objects that a namespace's gateway consists of, beside its ConfigMap. */
import { createHash } from "node:crypto";
import { inSlicesCondition, labels, managedByEbb, ports } from "../../api/v1alpha1/names.ts";
import type {
  ConfigMap,
  Container,
  Deployment,
  PodDisruptionBudget,
  PodSpec,
  ServiceAccount,
} from "../../kube/objects.ts";
import type { NetworkPolicySettings } from "../../kube/network-rules.ts";
import type { NetworkPolicy } from "../../kube/policy-objects.ts";
import type { KubeObject } from "../../kube/resource.ts";
import { drainSeconds, podPlace } from "./envoy-config.ts";
import { contentHash } from "./entry.ts";
import { gatewayNetworkPolicy } from "./network-policy.ts";
import { drainHeader, drainHoldSeconds, drainTokenVariable, opsPaths } from "./render-ops-listener.ts";

/** Annotation of every object: names what was applied, so that a field that is wanted no more is noticed. */
const appliedAnnotation = "ebb.dev/applied";

/** Labels of everything that belongs to the gateway of that name. */
export function gatewayLabels(gateway: string): Readonly<Record<string, string>> {
  return {
    [labels.managedBy]: managedByEbb,
    [labels.name]: gateway,
    [labels.component]: "gateway",
  };
}

export const gatewayReplicas = 2;

/** Of each of its pods. */
export const gatewayResources = { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "512Mi" } };

export interface GatewayObjects {
  readonly serviceAccount: ServiceAccount;
  readonly podDisruptionBudget: PodDisruptionBudget;
  readonly deployment: Deployment;
}

/** Undefined when nobody has asked for it. */
export function gatewayPolicy(
  gateway: string,
  namespace: string,
  settings: NetworkPolicySettings | undefined,
  hasPublicEdge: boolean,
): NetworkPolicy | undefined {
  return settings === undefined
    ? undefined
    : withMark(gatewayNetworkPolicy(gateway, namespace, settings, hasPublicEdge));
}

/** All objects of the gateway whose stored configuration is config. */
export function gatewayObjects(config: ConfigMap, image: string): GatewayObjects {
  const { name, namespace = "" } = config.metadata;
  const own = gatewayLabels(name);
  const selector = { matchLabels: own };
  const metadata = { name, namespace, labels: own };
  return {
    serviceAccount: withMark({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata,
      automountServiceAccountToken: false,
    }),
    podDisruptionBudget: withMark({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata,
      spec: { minAvailable: 1, selector },
    }),
    deployment: withMark({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: gatewayReplicas,
        selector,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: {
          metadata: {
            labels: own,
            // Envoy reads the bootstrap once, so that another one needs other pods.
            annotations: { "ebb.dev/bootstrap": contentHash(config.data?.["bootstrap.json"] ?? "") },
          },
          spec: podSpec(name, drainToken(config), image),
        },
      },
    }),
  };
}

function withMark<T extends KubeObject>(object: T): T {
  const annotations = { [appliedAnnotation]: contentHash(object) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/**
 * What a caller must know to drain this gateway: follows from the ConfigMap's uid, which the API server drew at random and
 * which pods without its credentials cannot learn. So nothing has to be stored, and all operators agree.
 */
function drainToken(config: ConfigMap): string {
  return createHash("sha256")
    .update(`drain ${config.metadata.uid ?? ""}`)
    .digest("hex")
    .slice(0, 32);
}

function podSpec(gateway: string, token: string, image: string): PodSpec {
  return {
    serviceAccountName: gateway,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    readinessGates: [{ conditionType: inSlicesCondition }],
    terminationGracePeriodSeconds: drainHoldSeconds + 15,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      seccompProfile: { type: "RuntimeDefault" },
    },
    topologySpreadConstraints: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map(
      (topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: gatewayLabels(gateway) },
      }),
    ),
    containers: [container(token, image)],
    volumes: [{ name: "config", configMap: { name: gateway } }],
  };
}

function container(token: string, image: string): Container {
  const opsPort = ports.gatewayOps;
  return {
    name: "envoy",
    image,
    command: ["/usr/local/bin/envoy"],
    args: [
      "-c",
      `${podPlace.folder}/bootstrap.json`,
      "--drain-time-s",
      String(drainSeconds),
      "--concurrency",
      "2",
      "--log-level",
      "warning",
      "--disable-hot-restart",
    ],
    env: [{ name: drainTokenVariable, value: token }],
    ports: [{ name: "ops", containerPort: opsPort, protocol: "TCP" }],
    resources: gatewayResources,
    readinessProbe: {
      httpGet: { path: opsPaths.ready, port: opsPort },
      periodSeconds: 1,
      timeoutSeconds: 2,
      failureThreshold: 3,
    },
    livenessProbe: {
      httpGet: { path: opsPaths.ready, port: opsPort },
      initialDelaySeconds: 30,
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 6,
    },
    lifecycle: {
      preStop: {
        httpGet: {
          path: opsPaths.drain,
          port: opsPort,
          httpHeaders: [{ name: drainHeader, value: token }],
        },
      },
    },
    volumeMounts: [{ name: "config", mountPath: podPlace.folder, readOnly: true }],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
    },
  };
}
