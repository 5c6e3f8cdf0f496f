/** The workerd provider of one operator, on a fake API server. */
import { KubeConfig } from "@kubernetes/client-node";
import type { Clock } from "../../operator/api/clock.ts";
import { systemClock } from "../../operator/api/system-clock.ts";
import { ApiCaller } from "../../operator/kube/api-caller.ts";
import { Connection } from "../../operator/kube/connection.ts";
import { HttpKubeClient } from "../../operator/kube/http-client.ts";
import { type EdgeFunction, edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { configMaps, deployments, endpointSlices, namespaces, pods } from "../../operator/kube/objects.ts";
import type { Namespace } from "../../operator/kube/objects.ts";
import type { KubeObject, Resource } from "../../operator/kube/resource.ts";
import type { Store } from "../../operator/kube/store.ts";
import { createWorkerdProvider } from "../../operator/provider/workerd/create-workerd-provider.ts";
import type { Workerd } from "../../operator/provider/workerd/create-workerd-provider.ts";
import type { TellTrap } from "../../operator/provider/workerd/pool-loop.ts";
import type { PoolSpec } from "../../operator/provider/workerd/pool-spec.ts";
import { createLog } from "../../operator/telemetry/log.ts";
import type { FakeApiServer } from "./fake-apiserver/fake-api-server.ts";

export interface WorkerdOperatorOptions {
  readonly clock?: Clock;
  /** Two replicas unless given. */
  readonly poolSpec?: () => PoolSpec | undefined;
  readonly signal?: AbortSignal;
  readonly tellTrap?: TellTrap;
  /** What its caches have; never behind unless given. */
  readonly edgeFunctions?: Store<EdgeFunction>;
  readonly namespaces?: Store<Namespace>;
}

/** Reads the server itself: never behind. */
function storeOf<T extends KubeObject>(server: FakeApiServer, resource: Resource<T>): Store<T> {
  return {
    get: (namespace, name) =>
      server.read(resource, { ...(namespace === undefined ? {} : { namespace }), name }),
    list: (namespace) => server.readAll(resource, namespace),
  };
}

export function poolSpec(replicas: number): PoolSpec {
  return { replicas, resources: { requests: { cpu: "1000m" } } };
}

export function workerdOperator(server: FakeApiServer, options: WorkerdOperatorOptions = {}): Workerd {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig());
  const connection = new Connection({ kubeConfig, clock: systemClock });
  return createWorkerdProvider({
    client: new HttpKubeClient({ caller: new ApiCaller({ connection, clock: systemClock }) }),
    stores: {
      pods: storeOf(server, pods),
      deployments: storeOf(server, deployments),
      configMaps: storeOf(server, configMaps),
      namespaces: options.namespaces ?? storeOf(server, namespaces),
      edgeFunctions: options.edgeFunctions ?? storeOf(server, edgeFunctions),
      endpointSlices: storeOf(server, endpointSlices),
    },
    clock: options.clock ?? systemClock,
    log: createLog("silent"),
    edgeImage: "ebb.local/edge:1",
    operatorNamespace: "ebb-system",
    poolSpec: options.poolSpec ?? (() => poolSpec(2)),
    source: () => Promise.resolve(undefined),
    tellTrap: options.tellTrap ?? (() => Promise.resolve()),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}
