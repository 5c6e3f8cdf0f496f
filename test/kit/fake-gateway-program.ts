/** The fake gateway as the program of the fake cluster's gateway pods. */
import { endpointSlices, type EndpointSlice, services } from "../../operator/kube/objects.ts";
import { labels } from "../../operator/api/v1alpha1/names.ts";
import { drainHeader, drainTokenVariable } from "../../operator/traffic/gateway/render-ops-listener.ts";
import type { FakeApiServer } from "./fake-apiserver/fake-api-server.ts";
import type { Mounts, PodProgram } from "./fake-cluster/pod-program.ts";
import { type FakeGateway, startFakeGateway } from "./fake-gateway.ts";
import type { Resolve, Target } from "./fake-gateway-proxy.ts";

/** Starts a gateway for each pod, and drains it first as its preStop hook would; running has those that run, by address. */
export function fakeGatewayProgram(
  server: FakeApiServer,
  running: Map<string, FakeGateway> = new Map(),
): PodProgram {
  return async ({ pod, address, mounts }) => {
    let files = mounts;
    const [container] = pod.spec.containers;
    const drainToken = container?.env?.find(({ name }) => name === drainTokenVariable)?.value ?? "";
    const gateway = await startFakeGateway({
      address,
      readConfig: () => textOf(files),
      resolve: resolveIn(server),
      drainToken,
    });
    running.set(address, gateway);
    return {
      filesChanged: (changed) => {
        files = changed;
        void gateway.refresh();
      },
      stop: async () => {
        const hook = container?.lifecycle?.preStop?.httpGet;
        const token = hook?.httpHeaders?.find(({ name }) => name === drainHeader)?.value ?? "";
        await fetch(`http://${address}:${hook?.port}${hook?.path}`, { headers: { [drainHeader]: token } });
        running.delete(address);
        await gateway.stop();
      },
    };
  };
}

function textOf(mounts: Mounts): Record<string, string> {
  const files = mounts.get("config") ?? new Map<string, Buffer>();
  return Object.fromEntries([...files].map(([name, content]) => [name, content.toString()]));
}

/** What DNS and kube-proxy do: the ready endpoints behind a ClusterIP or a headless Service's name; others are themselves. */
function resolveIn(server: FakeApiServer): Resolve {
  return (host, port) => {
    const [name, namespace] = host.split(".");
    const isName = host.endsWith(".svc");
    const service = server
      .readAll(services)
      .find(({ metadata, spec }) =>
        isName ? metadata.name === name && metadata.namespace === namespace : spec.clusterIP === host,
      );
    if (service === undefined) return isName ? [] : [{ host, port }];
    const slices = server
      .readAll(endpointSlices, service.metadata.namespace)
      .filter(({ metadata }) => metadata.labels?.[labels.serviceName] === service.metadata.name);
    const isHeadless = service.spec.clusterIP === "None";
    return slices.flatMap((slice) => targetsOf(slice, isHeadless ? port : slice.ports?.[0]?.port));
  };
}

function targetsOf(slice: EndpointSlice, port: number | undefined): Target[] {
  if (port === undefined) return [];
  const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  return ready.flatMap(({ addresses }) => addresses.map((host) => ({ host, port })));
}
