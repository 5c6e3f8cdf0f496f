/** Finds the Service whose traffic moves, and refuses what a gateway cannot stand in for. */
import type { Deployment, Service, ServicePort } from "../kube/objects.ts";
import { isOurs } from "../kube/ours.ts";
import { Ineligible } from "./ineligible.ts";

export interface ServiceRef {
  readonly name: string;
  readonly port?: { readonly name?: string; readonly number?: number };
}

export interface FoundService {
  readonly service: Service;
  readonly port: ServicePort;
}

/**
 * The Service that ref names, or the only one that selects the Deployment's pods, with its HTTP port.
 * services are those of the Deployment's namespace.
 * Errors: Ineligible, naming the field or object that is in the way.
 */
export function findService(
  deployment: Deployment,
  services: readonly Service[],
  ref: ServiceRef | undefined,
): FoundService {
  const podLabels = deployment.spec.template.metadata?.labels ?? {};
  const selecting = services.filter((service) => !isOurs(service) && selects(service, podLabels));
  const service =
    ref === undefined ? onlyOne(deployment, selecting) : named(ref.name, deployment, services, selecting);
  const other = selecting.find((candidate) => candidate.metadata.name !== service.metadata.name);
  if (other !== undefined)
    throw new Ineligible(
      "OtherService",
      `Service "${other.metadata.name}" selects the pods of Deployment "${deployment.metadata.name}" too. Every Service on the pods must move: let its selector match other pods, or delete it.`,
    );
  refuseUnmovable(service);
  return { service, port: pickPort(service, ref?.port) };
}

function onlyOne(deployment: Deployment, selecting: readonly Service[]): Service {
  const [service, second] = selecting;
  if (service === undefined)
    throw new Ineligible(
      "ServiceNotFound",
      `No Service selects the pods of Deployment "${deployment.metadata.name}". Create one, or name it in spec.serviceRef.`,
    );
  if (second !== undefined)
    throw new Ineligible(
      "ServiceAmbiguous",
      `Services ${selecting.map((each) => `"${each.metadata.name}"`).join(", ")} all select the pods of Deployment "${deployment.metadata.name}"; exactly one is allowed.`,
    );
  return service;
}

function named(
  name: string,
  deployment: Deployment,
  services: readonly Service[],
  selecting: readonly Service[],
): Service {
  const service = services.find((candidate) => candidate.metadata.name === name);
  if (service === undefined)
    throw new Ineligible("ServiceNotFound", `spec.serviceRef.name is "${name}"; there is no such Service.`);
  if (!selecting.includes(service))
    throw new Ineligible(
      "ServiceNotFound",
      `spec.serviceRef.name is "${name}", which does not select the pods of Deployment "${deployment.metadata.name}". Name the Service that does.`,
    );
  return service;
}

function refuseUnmovable(service: Service): void {
  const { name } = service.metadata;
  const { spec } = service;
  if (spec.clusterIP === "None")
    throw new Ineligible(
      "ServiceHeadless",
      `Service "${name}" is headless: its clients pick pods themselves. Give it a cluster IP.`,
    );
  if (spec.publishNotReadyAddresses === true)
    throw new Ineligible(
      "ServiceUnsupported",
      `Service "${name}" has publishNotReadyAddresses: true. Set it to false.`,
    );
  if ((spec.sessionAffinity ?? "None") !== "None")
    throw new Ineligible(
      "ServiceUnsupported",
      `Service "${name}" has sessionAffinity: ${spec.sessionAffinity}. Set it to None.`,
    );
  for (const policy of ["internalTrafficPolicy", "externalTrafficPolicy"] as const)
    if ((spec[policy] ?? "Cluster") !== "Cluster")
      throw new Ineligible(
        "ServiceUnsupported",
        `Service "${name}" has ${policy}: ${spec[policy]}. Set it to Cluster.`,
      );
}

function pickPort(service: Service, wanted: ServiceRef["port"]): ServicePort {
  const { name } = service.metadata;
  const all = service.spec.ports ?? [];
  const listed = all.map((port) => `${port.name ?? "unnamed"} ${port.port}`).join(", ") || "none";
  if (wanted !== undefined) {
    const port = all.find((each) =>
      wanted.name === undefined ? each.port === wanted.number : each.name === wanted.name,
    );
    if (port === undefined)
      throw new Ineligible(
        "ServicePortNotFound",
        `spec.serviceRef.port names no port of Service "${name}". Its ports: ${listed}.`,
      );
    const other = all.find((each) => each !== port);
    if (other !== undefined)
      throw new Ineligible(
        "OtherPort",
        `Service "${name}" also has port ${other.name ?? other.port}, which would lose its pods. Every port must move: put it in a Service of other pods, or remove it.`,
      );
    return requireHttp(name, port);
  }
  const [port, second] = all;
  if (port === undefined) throw new Ineligible("ServicePortNotFound", `Service "${name}" has no port.`);
  if (second !== undefined)
    throw new Ineligible(
      "ServicePortAmbiguous",
      `Service "${name}" has ${all.length} ports (${listed}); exactly one HTTP port is allowed.`,
    );
  return requireHttp(name, port);
}

const httpProtocols: ReadonlySet<string> = new Set(["", "http", "kubernetes.io/ws"]);

function requireHttp(service: string, port: ServicePort): ServicePort {
  if ((port.protocol ?? "TCP") !== "TCP" || !httpProtocols.has(port.appProtocol ?? ""))
    throw new Ineligible(
      "ServicePortNotHTTP",
      `Port ${port.name ?? port.port} of Service "${service}" is ${port.protocol ?? "TCP"} ${port.appProtocol ?? ""}; allowed is TCP with appProtocol empty, http or kubernetes.io/ws.`,
    );
  return port;
}

function selects(service: Service, podLabels: Readonly<Record<string, string>>): boolean {
  const selector = Object.entries(service.spec.selector ?? {});
  return selector.length > 0 && selector.every(([key, value]) => podLabels[key] === value);
}
