/** Where names and cluster IPs of Services lead in the fake cluster: to ready endpoints. */
import { endpointSlices, type Service, services } from "../../../operator/kube/objects.ts";
import type { FakeApiServer } from "../fake-apiserver/fake-api-server.ts";

export interface Backend {
  readonly host: string;
  readonly port: number;
}

/**
 * Backends of a host (a cluster IP, or `service.namespace.svc` with or without a domain) and one of its Service's ports.
 * A headless Service keeps the port that was asked for. An address that is nobody's leads to itself.
 */
export function resolveBackends(server: FakeApiServer, host: string, port: number): readonly Backend[] {
  const service = server.readAll(services).find((each) => isCalled(each, host));
  if (service === undefined) return [{ host, port }];
  return readyBackends(server, service, port);
}

/** Ready endpoints of all slices of a Service for one of its ports. */
export function readyBackends(server: FakeApiServer, service: Service, port: number): readonly Backend[] {
  const { namespace, name } = service.metadata;
  const isHeadless = service.spec.clusterIP === "None";
  const portName = service.spec.ports?.find((each) => each.port === port)?.name ?? "";
  const slices = server
    .readAll(endpointSlices, namespace)
    .filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === name);
  return slices.flatMap((slice) => {
    const target = isHeadless ? port : slice.ports?.find((each) => (each.name ?? "") === portName)?.port;
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    return target === undefined
      ? []
      : ready.flatMap(({ addresses }) => addresses.map((host) => ({ host, port: target })));
  });
}

function isCalled({ metadata, spec }: Service, host: string): boolean {
  if (spec.clusterIP === host && host !== "None") return true;
  const name = `${metadata.name}.${metadata.namespace}.svc`;
  return host === name || host.startsWith(`${name}.`);
}
