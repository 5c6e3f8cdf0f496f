import { expect, it } from "vitest";
import {
  inNamespace,
  sound,
  withContainer,
  withMarks,
  withPods,
  withPort,
  withService,
} from "../../../test/kit/surroundings.ts";
import { type FindingCode, findingKinds } from "../../api/v1alpha1/findings.ts";
import type { Ingress, PeerAuthentication } from "../../kube/policy-objects.ts";
import { judge } from "./finding.ts";
import { factsOf } from "./rules.ts";
import type { Surroundings } from "./surroundings.ts";

it("finds nothing in a sound workload", () => {
  expect(factsOf(sound)).toEqual([]);
});

/** What is wrong, what was seen, the code, the path, and what the message must say. */
type Row = readonly [title: string, seen: Surroundings, code: FindingCode, path: string, says: RegExp];

const pods = "Deployment/checkout .spec.template.spec";
const ports = "Service/checkout .spec.ports[0]";
const volume = (source: object, more: object = {}): Surroundings =>
  withPods({ volumes: [{ name: "data", ...source }], ...more });

const mount = { volumeMounts: [{ name: "data", mountPath: "/data" }] };

const podRows: readonly Row[] = [
  [
    "a PersistentVolumeClaim",
    volume({ persistentVolumeClaim: { claimName: "d" } }),
    "Volumes",
    `${pods}.volumes[0]`,
    /Volume "data" of Deployment "checkout" is a persistentVolumeClaim, a disk/,
  ],
  [
    "a folder of the node",
    volume({ hostPath: { path: "/var" } }),
    "Volumes",
    `${pods}.volumes[0]`,
    /hostPath/,
  ],
  ["a driver's volume", volume({ csi: { driver: "x" } }), "Volumes", `${pods}.volumes[0]`, /is a csi\./],
  ["files", volume({ configMap: { name: "c" } }), "MountedFiles", `${pods}.volumes`, /"data" \(configMap\)/],
  [
    "scratch space that containers share",
    volume(
      { emptyDir: {} },
      {
        containers: ["a", "b"].map((name) => ({
          ...withContainer(mount).deployment.spec.template.spec.containers[0],
          name,
        })),
      },
    ),
    "ScratchVolume",
    `${pods}.volumes[0]`,
    /Containers "a", "b".*"data"/,
  ],
  [
    "much scratch space",
    volume({ emptyDir: { sizeLimit: "1Gi" } }),
    "ScratchVolume",
    `${pods}.volumes[0]`,
    /up to 1Gi/,
  ],
  [
    "the node's network",
    withPods({ hostNetwork: true }),
    "HostNetwork",
    `${pods}.hostNetwork`,
    /hostNetwork.*"checkout"/,
  ],
  [
    "a port of the node",
    withContainer({ ports: [{ name: "web", containerPort: 8080, hostPort: 80 }] }),
    "HostNetwork",
    `${pods}.containers[0].ports[0].hostPort`,
    /port 80 of its node/,
  ],
  ["the node's processes", withPods({ hostPID: true }), "Privileges", `${pods}.hostPID`, /hostPID/],
  ["the node's memory", withPods({ hostIPC: true }), "Privileges", `${pods}.hostIPC`, /hostIPC/],
  [
    "a privileged container",
    withContainer({ securityContext: { privileged: true } }),
    "Privileges",
    `${pods}.containers[0].securityContext.privileged`,
    /"app".*privileged/,
  ],
  [
    "capabilities",
    withContainer({ securityContext: { capabilities: { add: ["NET_BIND_SERVICE", "NET_ADMIN"] } } }),
    "Privileges",
    `${pods}.containers[0].securityContext.capabilities.add`,
    /capabilities NET_ADMIN\./,
  ],
  [
    "a GPU",
    withContainer({ resources: { limits: { "nvidia.com/gpu": "1" } } }),
    "Devices",
    `${pods}.containers[0].resources`,
    /nvidia\.com\/gpu/,
  ],
  [
    "a container that exits at once",
    withContainer({ lifecycle: {} }),
    "AbruptShutdown",
    `${pods}.containers[0].lifecycle`,
    /preStop hook.*preStop: \{sleep: \{seconds: 5\}\}/,
  ],
  [
    "a sleep of no time",
    withContainer({ lifecycle: { preStop: { sleep: { seconds: 0 } } } }),
    "AbruptShutdown",
    `${pods}.containers[0].lifecycle`,
    /preStop/,
  ],
  [
    "a request for much memory",
    withContainer({ resources: { requests: { memory: "256Mi" } } }),
    "MemoryAboveEdge",
    `${pods}.containers[0].resources.requests.memory`,
    /requests 256Mi/,
  ],
  [
    "a limit above the edge's",
    withContainer({ resources: { limits: { memory: "1Gi" } } }),
    "MemoryAboveEdge",
    `${pods}.containers[0].resources.limits.memory`,
    /limited to 1Gi/,
  ],
  [
    "the right to make Leases",
    { ...withPods({ serviceAccountName: "keeper" }), rights: ["Leases", "ConfigMaps"] },
    "LeaderElection",
    `${pods}.serviceAccountName`,
    /"keeper".*Leases and ConfigMaps/,
  ],
];

const serviceRows: readonly Row[] = [
  [
    "no cluster IP",
    withService({ clusterIP: "None" }),
    "ServiceHeadless",
    "Service/checkout .spec.clusterIP",
    /"checkout" is headless.*cannot be ignored/,
  ],
  [
    "addresses that are not ready",
    withService({ publishNotReadyAddresses: true }),
    "UnreadyAddresses",
    "Service/checkout .spec.publishNotReadyAddresses",
    /publishNotReadyAddresses: true.*cannot be ignored/,
  ],
  [
    "clients that stay at their pod",
    withService({ sessionAffinity: "ClientIP" }),
    "SessionAffinity",
    "Service/checkout .spec.sessionAffinity",
    /sessionAffinity: ClientIP.*cannot be ignored/,
  ],
  ...(["internalTrafficPolicy", "externalTrafficPolicy"] as const).map(
    (field): Row => [
      `${field} Local`,
      withService({ [field]: "Local" }),
      "TrafficPolicyLocal",
      `Service/checkout .spec.${field}`,
      new RegExp(`${field}: Local.*cannot be ignored`),
    ],
  ),
  [
    "a wish for the same zone",
    withService({ trafficDistribution: "PreferClose" }),
    "TrafficDistribution",
    "Service/checkout .spec.trafficDistribution",
    /PreferClose/,
  ],
  [
    "a wish for the same zone, in the old way",
    withService({}, { "service.kubernetes.io/topology-mode": "Auto" }),
    "TrafficDistribution",
    "Service/checkout .metadata.annotations['service.kubernetes.io/topology-mode']",
    /Auto/,
  ],
  ["UDP", withPort({ protocol: "UDP" }), "PortNotTCP", `${ports}.protocol`, /is UDP.*cannot be ignored/],
  [
    "a database",
    withPort({ name: "postgres" }),
    "PortNotHTTP",
    `${ports}.name`,
    /Port postgres.*appProtocol/,
  ],
  ["a database with no name", withPort({ name: "", port: 6379 }), "PortNotHTTP", `${ports}.port`, /6379/],
  ["another protocol", withPort({ appProtocol: "amqp" }), "PortNotHTTP", `${ports}.appProtocol`, /amqp/],
  ["gRPC", withPort({ appProtocol: "grpc" }), "GRPC", `${ports}.appProtocol`, /appProtocol: grpc/],
  ["gRPC by the port's name", withPort({ name: "grpc-api" }), "GRPC", `${ports}.name`, /grpc-api/],
  [
    "gRPC by a probe",
    withContainer({ readinessProbe: { grpc: { port: 8080 } } }),
    "GRPC",
    `${pods}.containers[0].readinessProbe`,
    /port 8080 by gRPC/,
  ],
  ["h2c", withPort({ appProtocol: "kubernetes.io/h2c" }), "H2C", `${ports}.appProtocol`, /h2c/],
  ["h2c by the port's name", withPort({ name: "http2" }), "H2C", `${ports}.name`, /http2/],
  ["TLS", withPort({ appProtocol: "https" }), "TLSBackend", `${ports}.appProtocol`, /https/],
  ["TLS by the port's name", withPort({ name: "https" }), "TLSBackend", `${ports}.name`, /https/],
  ["TLS by the port's number", withPort({ name: "", port: 443 }), "TLSBackend", `${ports}.port`, /443/],
  [
    "TLS by a probe",
    withContainer({ livenessProbe: { httpGet: { path: "/", port: "web", scheme: "HTTPS" } } }),
    "TLSBackend",
    `${pods}.containers[0].livenessProbe`,
    /8080 by HTTPS/,
  ],
  ...[
    ["https", "TLSBackend"],
    ["h2c", "H2C"],
  ].map(
    ([scheme = "", code]): Row => [
      `what Traefik is told: ${scheme}`,
      withService({}, { "traefik.ingress.kubernetes.io/service.serversscheme": scheme }),
      code as FindingCode,
      "Service/checkout .metadata.annotations['traefik.ingress.kubernetes.io/service.serversscheme']",
      new RegExp(scheme),
    ],
  ),
  ...[
    ["GRPC", "GRPC"],
    ["HTTPS", "TLSBackend"],
    ["FCGI", "PortNotHTTP"],
  ].map(
    ([protocol = "", code]): Row => [
      `what nginx is told: ${protocol}`,
      { ...sound, ingresses: [ingressTo("checkout", protocol)] },
      code as FindingCode,
      "Ingress/web .metadata.annotations['nginx.ingress.kubernetes.io/backend-protocol']",
      new RegExp(`Ingress "web" says .*: ${protocol}`),
    ],
  ),
];

function ingressTo(name: string, protocol: string): Ingress {
  const annotations = { "nginx.ingress.kubernetes.io/backend-protocol": protocol };
  const paths = [{ backend: { service: { name } } }];
  return { metadata: { name: "web", annotations }, spec: { rules: [{ http: { paths } }] } };
}

const strict = (spec: NonNullable<PeerAuthentication["spec"]>, namespace = "shop"): PeerAuthentication => ({
  metadata: { name: "tls", namespace },
  spec,
});
const injected = { labels: { "istio-injection": "enabled" } };
const inbound = "config.linkerd.io/default-inbound-policy";

const meshRows: readonly Row[] = [
  [
    "a strict namespace of Istio",
    inNamespace(injected, { peerAuthentications: [strict({ mtls: { mode: "STRICT" } })] }),
    "StrictMesh",
    "PeerAuthentication/tls .spec.mtls.mode",
    /PeerAuthentication "tls" of namespace "shop".*STRICT/,
  ],
  [
    "a strict mesh of Istio",
    inNamespace(
      { labels: { "istio.io/dataplane-mode": "ambient" } },
      { peerAuthentications: [strict({ mtls: { mode: "STRICT" } }, "istio-system")] },
    ),
    "StrictMesh",
    "PeerAuthentication/tls .spec.mtls.mode",
    /namespace "istio-system"/,
  ],
  [
    "a strict port of Istio",
    {
      ...withMarks({ labels: { "sidecar.istio.io/inject": "true" } }),
      peerAuthentications: [
        strict({
          selector: { matchLabels: { app: "checkout" } },
          mtls: { mode: "PERMISSIVE" },
          portLevelMtls: { "8080": { mode: "STRICT" } },
        }),
      ],
    },
    "StrictMesh",
    "PeerAuthentication/tls .spec.portLevelMtls['8080'].mode",
    /STRICT/,
  ],
  [
    "a strict namespace of Linkerd",
    inNamespace({ annotations: { "linkerd.io/inject": "enabled", [inbound]: "all-authenticated" } }),
    "StrictMesh",
    `Namespace/shop .metadata.annotations['${inbound}']`,
    /Linkerd.*all-authenticated/,
  ],
  [
    "strict pods of Linkerd",
    withMarks({ annotations: { "linkerd.io/inject": "enabled", [inbound]: "deny" } }),
    "StrictMesh",
    `Deployment/checkout .spec.template.metadata.annotations['${inbound}']`,
    /deny/,
  ],
];

const refused = (message: string): Surroundings => ({
  ...sound,
  gateway: {
    ...sound.gateway,
    deployment: {
      ...sound.deployment,
      status: { conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message }] },
    },
  },
});

const ownRows: readonly Row[] = [
  [
    "pods of Ebb's that a quota refuses",
    refused(
      'pods "ebb-gateway-1-" is forbidden: exceeded quota: team, requested: pods=1, used: pods=4, limited: pods=4',
    ),
    "PodsRefused",
    'Deployment/ebb-gateway .status.conditions[?(@.type=="ReplicaFailure")]',
    /ReplicaFailure: exceeded quota: team\. /,
  ],
  [
    "pods of Ebb's that a webhook refuses",
    refused('admission webhook "policy.example.com" denied the request: pod ebb-gateway-1-x is not signed'),
    "PodsRefused",
    'Deployment/ebb-gateway .status.conditions[?(@.type=="ReplicaFailure")]',
    /admission webhook "policy\.example\.com" denied the request\. /,
  ],
  [
    "a kind that may not be read",
    { ...sound, unchecked: ["networkpolicies"] },
    "Unchecked",
    "networkpolicies",
    /may not read networkpolicies/,
  ],
];

const rows = [...podRows, ...serviceRows, ...meshRows, ...ownRows];

it.each(rows)("tells of %s", (_title, seen, code, path, says) => {
  const [finding, ...others] = judge(factsOf(seen), new Set());
  expect(others).toEqual([]);
  expect(finding).toEqual({
    code,
    severity: findingKinds[code].severity,
    path,
    message: expect.stringMatching(says),
  });
  expect(finding?.message).toContain(findingKinds[code].why);
});

const harmless: readonly (readonly [title: string, seen: Surroundings])[] = [
  ["scratch space of one container", withPods({ volumes: [{ name: "tmp", emptyDir: {} }] })],
  ["a port below 1024", withContainer({ securityContext: { capabilities: { add: ["NET_BIND_SERVICE"] } } })],
  [
    "little memory",
    withContainer({ resources: { requests: { memory: "128Mi" }, limits: { memory: "1Gi" } } }),
  ],
  ["a hook that runs a command", withContainer({ lifecycle: { preStop: { exec: { command: ["drain"] } } } })],
  [
    "a sidecar that serves nothing and exits at once",
    withPods({
      containers: [...withContainer({}).deployment.spec.template.spec.containers, { name: "log" }],
    }),
  ],
  ["HTTP in another spelling", withPort({ appProtocol: "HTTP" })],
  ["WebSockets", withPort({ appProtocol: "kubernetes.io/ws" })],
  ["gRPC-Web", withPort({ name: "grpc-web" })],
  ["a name that means a database on a port that says HTTP", withPort({ name: "redis", appProtocol: "http" })],
  ["a probe of another port by gRPC", withContainer({ readinessProbe: { grpc: { port: 9090 } } })],
  ["an Ingress to another Service", { ...sound, ingresses: [ingressTo("till", "GRPC")] }],
  [
    "a strict namespace of pods outside the mesh",
    { ...sound, peerAuthentications: [strict({ mtls: { mode: "STRICT" } })] },
  ],
  [
    "pods that leave a strict mesh",
    inNamespace(injected, {
      deployment: withMarks({ labels: { "sidecar.istio.io/inject": "false" } }).deployment,
      peerAuthentications: [strict({ mtls: { mode: "STRICT" } })],
    }),
  ],
  [
    "a permissive namespace in a strict mesh",
    inNamespace(injected, {
      peerAuthentications: [
        strict({ mtls: { mode: "STRICT" } }, "istio-system"),
        strict({ mtls: { mode: "PERMISSIVE" } }),
      ],
    }),
  ],
  [
    "strictness for other pods",
    inNamespace(injected, {
      peerAuthentications: [strict({ selector: { matchLabels: { app: "x" } }, mtls: { mode: "STRICT" } })],
    }),
  ],
  ["a mesh of Linkerd that takes all", withMarks({ annotations: { "linkerd.io/inject": "enabled" } })],
  ["no Service at all", { ...sound, service: undefined, port: undefined }],
];

it.each(harmless)("says nothing of %s", (_title, seen) => {
  expect(factsOf(seen)).toEqual([]);
});

/** Tested where a Service is looked for, where the workload is, and with the rules that have tests of their own. */
const elsewhere: readonly FindingCode[] = [
  "WorkloadNotFound",
  "WorkloadKindUnsupported",
  "WorkloadTaken",
  "ServiceNotFound",
  "ServiceAmbiguous",
  "OtherService",
  "ServicePortNotFound",
  "ServicePortAmbiguous",
  "OtherPort",
  "NetworkPolicy",
  "QuotaTooSmall",
  "OutsideLimitRange",
];

it("has a row for every code", () => {
  const told = new Set<string>([...rows.map(([, , code]) => code), ...elsewhere]);
  expect(Object.keys(findingKinds).filter((code) => !told.has(code))).toEqual([]);
});
