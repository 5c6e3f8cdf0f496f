/** What is in the Service, its port, and the Ingresses that lead to it. */
import type { FindingCode } from "../../../operator/api/v1alpha1/findings.ts";
import type { Ingress } from "../../../operator/kube/policy-objects.ts";
import { pods, type Row } from "./row.ts";
import { sound, withContainer, withPort, withService } from "./surroundings.ts";

const ports = "Service/checkout .spec.ports[0]";

export const serviceRows: readonly Row[] = [
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

/** An Ingress whose backend, the Service of that name, speaks protocol. */
export function ingressTo(name: string, protocol: string): Ingress {
  const annotations = { "nginx.ingress.kubernetes.io/backend-protocol": protocol };
  const paths = [{ backend: { service: { name } } }];
  return { metadata: { name: "web", annotations }, spec: { rules: [{ http: { paths } }] } };
}
