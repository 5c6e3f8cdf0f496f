/** A workload in which an assessment finds nothing, and ways to spoil it. */
import type { Container, Deployment, PodSpec, Service, ServicePort } from "../../../operator/kube/objects.ts";
import type { NetworkPolicy } from "../../../operator/kube/policy-objects.ts";
import { poolLabels } from "../../../operator/provider/workerd/pool-manifests.ts";
import { gatewayLabels, gatewayResources } from "../../../operator/traffic/gateway/manifests.ts";
import type { Surroundings } from "../../../operator/workload/assessment/surroundings.ts";

const container: Container = {
  name: "app",
  ports: [{ name: "web", containerPort: 8080 }],
  lifecycle: { preStop: { sleep: { seconds: 5 } } },
};

const deployment: Deployment = {
  metadata: { name: "checkout", namespace: "shop" },
  spec: {
    selector: { matchLabels: { app: "checkout" } },
    template: {
      metadata: { labels: { app: "checkout" } },
      spec: { containers: [container] },
    },
  },
};

const port: ServicePort = { name: "http", port: 80, targetPort: "web" };

const service: Service = {
  metadata: { name: "checkout", namespace: "shop" },
  spec: { selector: { app: "checkout" }, clusterIP: "10.96.0.9", ports: [port] },
};

function namespaceOf(name: string): NonNullable<Surroundings["namespace"]> {
  return { metadata: { name, labels: { "kubernetes.io/metadata.name": name } } };
}

export const sound = {
  deployment,
  service,
  port,
  gateway: {
    name: "ebb-gateway",
    deployment: undefined,
    labels: gatewayLabels("ebb-gateway"),
    replicas: 2,
    resources: gatewayResources,
  },
  pool: {
    name: "ebb-pool",
    deployment: undefined,
    labels: poolLabels(),
    replicas: 2,
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
  },
  namespace: namespaceOf("shop"),
  operator: {
    namespace: namespaceOf("ebb-system"),
    labels: { "app.kubernetes.io/name": "ebb-operator" },
    makesPolicies: false,
  },
  networkPolicies: [],
  resourceQuotas: [],
  limitRanges: [],
  ingresses: [],
  peerAuthentications: [],
  rights: [],
  unchecked: [],
} satisfies Surroundings;

/** Fields of the pods' spec. */
export function withPods(spec: Partial<PodSpec>, seen: Surroundings = sound): Surroundings {
  const { template } = seen.deployment.spec;
  return withTemplate({ ...template, spec: { ...template.spec, ...spec } }, seen);
}

/** Fields of the one container. */
export function withContainer(fields: Partial<Container>): Surroundings {
  return withPods({ containers: [{ ...container, ...fields }] });
}

/** Labels and annotations of the pods, beside those that are there. */
export function withMarks(marks: {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}): Surroundings {
  const { template } = sound.deployment.spec;
  const { labels, annotations } = template.metadata ?? {};
  return withTemplate({
    ...template,
    metadata: {
      labels: { ...labels, ...marks.labels },
      annotations: { ...annotations, ...marks.annotations },
    },
  });
}

function withTemplate(template: Deployment["spec"]["template"], seen: Surroundings = sound): Surroundings {
  const { deployment: former } = seen;
  return { ...seen, deployment: { ...former, spec: { ...former.spec, template } } };
}

export function withService(
  spec: Partial<Service["spec"]>,
  annotations?: Record<string, string>,
): Surroundings {
  const metadata = { ...service.metadata, ...(annotations === undefined ? {} : { annotations }) };
  return { ...sound, service: { metadata, spec: { ...service.spec, ...spec } } };
}

/** Fields of the one port. */
export function withPort(fields: Partial<ServicePort>): Surroundings {
  const changed = { ...port, ...fields };
  return { ...withService({ ports: [changed] }), port: changed };
}

/** Labels and annotations of the namespace, over the pods of seen. */
export function inNamespace(
  marks: { labels?: Record<string, string>; annotations?: Record<string, string> },
  seen: Partial<Surroundings> = {},
): Surroundings {
  const { name, labels } = namespaceOf("shop").metadata;
  return {
    ...sound,
    namespace: { metadata: { name, ...marks, labels: { ...labels, ...marks.labels } } },
    ...seen,
  };
}

export function policy(name: string, spec: NonNullable<NetworkPolicy["spec"]>): NetworkPolicy {
  return { metadata: { name, namespace: "shop" }, spec };
}
