/** Finds the Service whose traffic moves, and the port of it. */
import type { Deployment, Service, ServicePort } from "../kube/objects.ts";
import { isOurs } from "../kube/ours.ts";
import { type Fact, fact } from "./assessment/finding.ts";

export interface ServiceRef {
  readonly name: string;
  readonly port?: { readonly name?: string; readonly number?: number };
}

export interface FoundService {
  readonly service: Service;
  readonly port: ServicePort;
}

/** What was found, and why it is not all that must be there; each fact is a blocker. */
export interface Resolution {
  readonly service: Service | undefined;
  readonly port: ServicePort | undefined;
  readonly facts: readonly Fact[];
}

/** As resolveService, but undefined unless exactly one Service and port were found. */
export function findService(
  deployment: Deployment,
  services: readonly Service[],
  ref: ServiceRef | undefined,
): FoundService | undefined {
  const { service, port, facts } = resolveService(deployment, services, ref);
  return service === undefined || port === undefined || facts.length > 0 ? undefined : { service, port };
}

/**
 * The Service that ref names, or the only one that selects the Deployment's pods, with its only port.
 * services are those of the Deployment's namespace.
 */
export function resolveService(
  deployment: Deployment,
  services: readonly Service[],
  ref: ServiceRef | undefined,
): Resolution {
  const podLabels = deployment.spec.template.metadata?.labels ?? {};
  const selecting = services.filter((service) => !isOurs(service) && selects(service, podLabels));
  const chosen =
    ref === undefined ? onlyOne(deployment, selecting) : named(ref.name, deployment, services, selecting);
  if ("code" in chosen) return { service: undefined, port: undefined, facts: [chosen] };
  const { name } = chosen.metadata;
  const others = selecting
    .filter(({ metadata }) => metadata.name !== name)
    .map(({ metadata }) =>
      fact(
        "OtherService",
        `Service/${metadata.name} .spec.selector`,
        `Service "${metadata.name}" selects the pods of ${titleOf(deployment)} too.`,
      ),
    );
  const { port, facts } = pickPort(chosen, ref?.port);
  return { service: chosen, port, facts: [...others, ...facts] };
}

function titleOf({ metadata }: Deployment): string {
  return `Deployment "${metadata.name}"`;
}

function onlyOne(deployment: Deployment, selecting: readonly Service[]): Service | Fact {
  const [service, second] = selecting;
  const path = `Deployment/${deployment.metadata.name} .spec.template.metadata.labels`;
  if (service === undefined)
    return fact("ServiceNotFound", path, `No Service selects the pods of ${titleOf(deployment)}.`);
  if (second === undefined) return service;
  const names = selecting.map(({ metadata }) => `"${metadata.name}"`).toSorted();
  return fact(
    "ServiceAmbiguous",
    path,
    `Services ${names.join(", ")} all select the pods of ${titleOf(deployment)}.`,
  );
}

function named(
  name: string,
  deployment: Deployment,
  services: readonly Service[],
  selecting: readonly Service[],
): Service | Fact {
  const service = services.find(({ metadata }) => metadata.name === name);
  const path = ".spec.serviceRef.name";
  if (service === undefined)
    return fact("ServiceNotFound", path, `spec.serviceRef.name is "${name}"; there is no such Service.`);
  if (selecting.includes(service)) return service;
  const found = `spec.serviceRef.name is "${name}", which does not select the pods of ${titleOf(deployment)}.`;
  return fact("ServiceNotFound", path, found);
}

interface PickedPort {
  readonly port: ServicePort | undefined;
  readonly facts: readonly Fact[];
}

function noPort(code: Fact["code"], path: string, found: string): PickedPort {
  return { port: undefined, facts: [fact(code, path, found)] };
}

function pickPort(service: Service, wanted: ServiceRef["port"]): PickedPort {
  const { name } = service.metadata;
  const path = `Service/${name} .spec.ports`;
  const all = service.spec.ports ?? [];
  const listed = all.map((port) => `${port.name ?? "unnamed"} ${port.port}`).join(", ") || "none";
  if (wanted === undefined) {
    const [port, second] = all;
    if (port === undefined) return noPort("ServicePortNotFound", path, `Service "${name}" has no port.`);
    if (second === undefined) return { port, facts: [] };
    const found = `Service "${name}" has ${all.length} ports (${listed}).`;
    return noPort("ServicePortAmbiguous", path, found);
  }
  const port = all.find((each) =>
    wanted.name === undefined ? each.port === wanted.number : each.name === wanted.name,
  );
  if (port === undefined) {
    const found = `spec.serviceRef.port names no port of Service "${name}". Its ports: ${listed}.`;
    return noPort("ServicePortNotFound", ".spec.serviceRef.port", found);
  }
  const facts = all.flatMap((other, index) => {
    if (other === port) return [];
    const found = `Service "${name}" also has port ${other.name ?? other.port}.`;
    return [fact("OtherPort", `${path}[${index}]`, found)];
  });
  return { port, facts };
}

function selects(service: Service, podLabels: Readonly<Record<string, string>>): boolean {
  const selector = Object.entries(service.spec.selector ?? {});
  return selector.length > 0 && selector.every(([key, value]) => podLabels[key] === value);
}
