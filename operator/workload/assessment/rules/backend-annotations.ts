/** What ingress controllers are told of the protocol of a backend. */
import type { FindingCode } from "../../../api/v1alpha1/findings.ts";
import type { Ingress } from "../../../kube/policy-objects.ts";
import type { KubeObject } from "../../../kube/resource.ts";
import { type Fact, fact } from "../finding.ts";
import type { Surroundings } from "../surroundings.ts";

/** By annotation and its value in lower case. */
const told: Readonly<Record<string, Readonly<Record<string, FindingCode>>>> = {
  "traefik.ingress.kubernetes.io/service.serversscheme": { https: "TLSBackend", h2c: "H2C" },
  "nginx.ingress.kubernetes.io/backend-protocol": {
    https: "TLSBackend",
    grpc: "GRPC",
    grpcs: "GRPC",
    fcgi: "PortNotHTTP",
  },
  "alb.ingress.kubernetes.io/backend-protocol": { https: "TLSBackend" },
  "alb.ingress.kubernetes.io/backend-protocol-version": { grpc: "GRPC", http2: "H2C" },
};

interface Told {
  readonly annotation: string;
  readonly value: string;
  readonly code: FindingCode;
}

function toldBy({ metadata }: KubeObject): Told[] {
  return Object.entries(metadata.annotations ?? {}).flatMap(([annotation, value]) => {
    const code = told[annotation]?.[value.toLowerCase()];
    return code === undefined ? [] : [{ annotation, value, code }];
  });
}

/** Whether annotations say of a backend that it speaks something else than plain HTTP. */
export function tellsProtocol(object: KubeObject): boolean {
  return toldBy(object).length > 0;
}

export function backendAnnotations({ service, ingresses }: Surroundings): Fact[] {
  if (service === undefined) return [];
  const leading = ingresses.filter((ingress) => backendsOf(ingress).has(service.metadata.name));
  return [...facts("Service", service), ...leading.flatMap((ingress) => facts("Ingress", ingress))];
}

function facts(kind: string, object: KubeObject): Fact[] {
  const { name } = object.metadata;
  return toldBy(object).map(({ annotation, value, code }) =>
    fact(
      code,
      `${kind}/${name} .metadata.annotations['${annotation}']`,
      `${kind} "${name}" says ${annotation}: ${value}.`,
    ),
  );
}

/** Names of the Services that an Ingress leads to. */
function backendsOf({ spec }: Ingress): ReadonlySet<string> {
  const paths = (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
  const backends = [spec?.defaultBackend, ...paths.map(({ backend }) => backend)];
  return new Set(backends.flatMap((backend) => backend?.service?.name ?? []));
}
