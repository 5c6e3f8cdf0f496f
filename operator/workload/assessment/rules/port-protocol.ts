/** Signs that the port speaks something else than plain HTTP. */
import type { FindingCode } from "../../../api/v1alpha1/findings.ts";
import type { Container, Probe, ServicePort } from "../../../kube/objects.ts";
import { type Fact, fact } from "../finding.ts";
import { containerPortOf, containersOf, inContainer, type Surroundings, titleOf } from "../surroundings.ts";

const byAppProtocol: Readonly<Record<string, FindingCode | undefined>> = {
  http: undefined,
  "kubernetes.io/ws": undefined,
  grpc: "GRPC",
  "kubernetes.io/h2c": "H2C",
  h2c: "H2C",
  http2: "H2C",
  https: "TLSBackend",
  tls: "TLSBackend",
  "kubernetes.io/wss": "TLSBackend",
};

/** First words of port names, as meshes and ingress controllers read them. */
const byName: Readonly<Record<string, FindingCode>> = {
  grpc: "GRPC",
  h2c: "H2C",
  http2: "H2C",
  https: "TLSBackend",
  tls: "TLSBackend",
  tcp: "PortNotHTTP",
  mongo: "PortNotHTTP",
  mongodb: "PortNotHTTP",
  mysql: "PortNotHTTP",
  postgres: "PortNotHTTP",
  postgresql: "PortNotHTTP",
  redis: "PortNotHTTP",
  amqp: "PortNotHTTP",
  kafka: "PortNotHTTP",
  mqtt: "PortNotHTTP",
  nats: "PortNotHTTP",
  smtp: "PortNotHTTP",
  ssh: "PortNotHTTP",
};

/** Numbers that tell when a port has no name. */
const byNumber: Readonly<Record<number, FindingCode>> = {
  443: "TLSBackend",
  22: "PortNotHTTP",
  25: "PortNotHTTP",
  53: "PortNotHTTP",
  3306: "PortNotHTTP",
  5432: "PortNotHTTP",
  5672: "PortNotHTTP",
  6379: "PortNotHTTP",
  9092: "PortNotHTTP",
  11211: "PortNotHTTP",
  27017: "PortNotHTTP",
};

export function portProtocol(seen: Surroundings): Fact[] {
  const { service, port } = seen;
  if (service === undefined || port === undefined) return [];
  const index = service.spec.ports?.indexOf(port) ?? 0;
  const at = (field: string): string => `Service/${service.metadata.name} .spec.ports[${index}].${field}`;
  const title = `Port ${port.name ?? port.port} of Service "${service.metadata.name}"`;
  const protocol = port.protocol ?? "TCP";
  if (protocol !== "TCP") return [fact("PortNotTCP", at("protocol"), `${title} is ${protocol}.`)];
  const { appProtocol = "" } = port;
  if (appProtocol === "") {
    const guess = guessOf(port);
    if (guess === undefined) return probes(seen);
    return [fact(guess.code, at(guess.field), `${title} is one of ${guess.by}, by its ${guess.field}.`)];
  }
  const known = appProtocol.toLowerCase();
  const code = known in byAppProtocol ? byAppProtocol[known] : "PortNotHTTP";
  if (code === undefined) return [];
  return [fact(code, at("appProtocol"), `${title} has appProtocol: ${appProtocol}.`)];
}

interface Guess {
  readonly code: FindingCode;
  readonly field: "name" | "port";
  readonly by: string;
}

function guessOf({ name = "", port }: ServicePort): Guess | undefined {
  const [word = ""] = name.toLowerCase().split("-");
  if (name.toLowerCase() === "grpc-web" || name.toLowerCase().startsWith("grpc-web-")) return undefined;
  const named = byName[word];
  if (named !== undefined) return { code: named, field: "name", by: word };
  const numbered = name === "" ? byNumber[port] : undefined;
  return numbered === undefined ? undefined : { code: numbered, field: "port", by: String(port) };
}

const probeNames = ["readinessProbe", "livenessProbe", "startupProbe"] as const;

/** How the kubelet asks the port that the Service leads to. */
function probes(seen: Surroundings): Fact[] {
  return containersOf(seen).flatMap(({ container, index }) => {
    const target = containerPortOf(seen, container);
    if (target === undefined) return [];
    return probeNames.flatMap((name) => {
      const code = codeOf(container, container[name], target);
      if (code === undefined) return [];
      const how = code === "GRPC" ? "gRPC" : "HTTPS";
      const found = `The ${name} of container "${container.name}" of ${titleOf(seen)} asks port ${target} by ${how}.`;
      return [fact(code, inContainer(seen, index, `.${name}`), found)];
    });
  });
}

function codeOf(container: Container, probe: Probe | undefined, target: number): FindingCode | undefined {
  if (probe?.grpc?.port === target) return "GRPC";
  if (probe?.httpGet?.scheme !== "HTTPS") return undefined;
  const { port } = probe.httpGet;
  const number = container.ports?.find(({ name }) => name === port)?.containerPort ?? port;
  return number === target ? "TLSBackend" : undefined;
}
