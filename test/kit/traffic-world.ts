/** A fake cluster with a workload and an edge, and the traffic switch at work on it over HTTP. */
import { KubeConfig } from "@kubernetes/client-node";
import pino from "pino";
import { request } from "undici";
import type { FunctionIdentity } from "../../operator/api/function-identity.ts";
import type { Outcome } from "../../operator/api/outcome.ts";
import { systemClock } from "../../operator/api/system-clock.ts";
import { functionKey, labels } from "../../operator/api/v1alpha1/names.ts";
import { ApiCaller } from "../../operator/kube/api-caller.ts";
import { Connection } from "../../operator/kube/connection.ts";
import { type EdgeFunction, edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { HttpKubeClient } from "../../operator/kube/http-client.ts";
import { HttpListWatch } from "../../operator/kube/http-list-watch.ts";
import type { ObservedStore } from "../../operator/kube/object-cache.ts";
import {
  configMaps,
  deployments,
  type EndpointSlice,
  endpointSlices,
  pods,
  services,
} from "../../operator/kube/objects.ts";
import { Reflector } from "../../operator/kube/reflector.ts";
import type { KubeObject, Resource } from "../../operator/kube/resource.ts";
import {
  createEndpointSliceTraffic,
  type EndpointSliceTraffic,
  type EndpointSliceTrafficDeps,
} from "../../operator/traffic/endpoint-slice-traffic.ts";
import type { RoutedFunction } from "../../operator/traffic/switch.ts";
import { type EchoServer, startEchoServer } from "./echo-server.ts";
import { loadCustomKinds } from "./fake-apiserver/custom-kinds.ts";
import { type FakeApiServer, startFakeApiServer } from "./fake-apiserver/fake-api-server.ts";
import { ebbPrograms } from "./fake-cluster/ebb-programs.ts";
import { type FakeCluster, startFakeCluster } from "./fake-cluster/fake-cluster.ts";
import type { PodProgram } from "./fake-cluster/pod-program.ts";
import { FastClock } from "./fast-clock.ts";
import type { FakeGateway } from "./fake-gateway.ts";

export const namespace = "shop";
const image = "ebb.local/gateway:test";

export interface TrafficWorld {
  readonly server: FakeApiServer;
  readonly cluster: FakeCluster;
  readonly gateways: ReadonlyMap<string, FakeGateway>;
  readonly edge: EchoServer;
  /** The operator's clock. */
  readonly clock: { skip(ms: number): void };
  /** What the operator has cached. */
  readonly stores: EndpointSliceTrafficDeps["stores"];
  /** The switch of an operator that has just started. */
  restart(): EndpointSliceTraffic;
  routed(name: string, changes?: Partial<RoutedFunction>): RoutedFunction;
  /** Calls until the outcome is done, the slice loop running beside; gives every outcome on the way. */
  until(call: () => Promise<Outcome>): Promise<Outcome[]>;
  /** The Service's slices that Ebb made. */
  ownSlices(name: string): EndpointSlice[];
  /** Which server answered one request that came by each ready endpoint of the Service. */
  answers(name: string): Promise<string[]>;
  stop(): Promise<void>;
}

/** A fast clock that a test can also move on. */
class SkippingClock extends FastClock {
  #skipped = 0;

  override now(): number {
    return super.now() + this.#skipped;
  }

  skip(ms: number): void {
    this.#skipped += ms;
  }
}

export async function startTrafficWorld(slot: number): Promise<TrafficWorld> {
  const server = await startFakeApiServer({ customKinds: loadCustomKinds() });
  const { programs, gateways } = ebbPrograms(server);
  const cluster = startFakeCluster({
    server,
    slot,
    programs,
    app: echoProgram("workload"),
  });
  const edge = await startEchoServer({ name: "edge", address: edgeAddress(slot), port: 8080 });
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig());
  // Drain and propagation times need not be waited for.
  const fast = new SkippingClock(10);
  const clock = systemClock;
  const connection = new Connection({ kubeConfig, clock });
  const caller = new ApiCaller({ connection, clock });
  const log = pino({ level: "silent" });
  const ended = new AbortController();
  const watch = async <T extends KubeObject>(resource: Resource<T>): Promise<ObservedStore<T>> => {
    const listWatch = new HttpListWatch({ caller, connection });
    const reflector = new Reflector<T>({ resource, listWatch, clock, log });
    running.push(reflector.run(ended.signal));
    await reflector.synced;
    return reflector.store;
  };
  const running: Promise<void>[] = [];
  const stores = {
    pods: await watch(pods),
    endpointSlices: await watch(endpointSlices),
    services: await watch(services),
    deployments: await watch(deployments),
    configMaps: await watch(configMaps),
    edgeFunctions: await watch(edgeFunctions),
  };
  const restart = (): EndpointSliceTraffic =>
    createEndpointSliceTraffic({
      client: new HttpKubeClient({ caller }),
      stores,
      clock: fast,
      log,
      gatewayImage: image,
    });
  let traffic = restart();
  const ownSlices = (name: string): EndpointSlice[] =>
    slicesOf(server, name).filter(({ metadata }) => metadata.labels?.[labels.sliceManagedBy] === "ebb.dev");
  return {
    server,
    cluster,
    gateways,
    edge,
    stores,
    clock: fast,
    restart: () => {
      traffic = restart();
      return traffic;
    },
    routed: (name, changes = {}) => ({ ...routed(server, name, edgeAddress(slot)), ...changes }),
    until: (call) => until(call, () => traffic.sliceLoop.reconcile(namespace)),
    ownSlices,
    answers: (name) => answers(server, name),
    stop: async () => {
      ended.abort();
      await Promise.all(running);
      await cluster.stop();
      await Promise.all([connection.close(), server.stop(), edge.stop()]);
    },
  };
}

/** The world's pool: outside of the cluster's own range of addresses. */
function edgeAddress(slot: number): string {
  return `127.${16 + (process.pid % 200)}.${slot}.255`;
}

function echoProgram(name: string): PodProgram {
  return async ({ address }) => startEchoServer({ name, address, port: 8080 });
}

/** Makes the Deployment and Service name unless they are there. */
function routed(server: FakeApiServer, name: string, edgeHost: string): RoutedFunction {
  const ref = { namespace, name };
  const selector = { app: name };
  if (server.read(services, ref) === undefined) {
    const container = { name: "app", image: "app:1", ports: [{ name: "http", containerPort: 8080 }] };
    server.put(deployments, {
      metadata: ref,
      spec: {
        replicas: 2,
        selector: { matchLabels: selector },
        template: { metadata: { labels: selector }, spec: { containers: [container] } },
      },
    });
    server.put(services, {
      metadata: ref,
      spec: { selector, ports: [{ name: "web", port: 80, targetPort: "http" }] },
    });
  }
  const uid = functionOf(server, name).metadata.uid ?? "";
  const identity: FunctionIdentity = { key: functionKey(uid), namespace, name, uid };
  return {
    identity,
    service: { name, selector, port: { name: "web", number: 80, targetPort: "http" }, ipFamilies: ["IPv4"] },
    gateway: { name: "ebb-gateway", port: 20_000 },
    upstream: { host: edgeHost, port: 8080, headers: { "x-ebb-function": `${identity.key}/v1` } },
  };
}

/** The EdgeFunction of that name, made unless it is there. */
function functionOf(server: FakeApiServer, name: string): EdgeFunction {
  const ref = { namespace, name };
  const spec = {
    workloadRef: { name },
    module: { configMapKeyRef: { name: `${name}-module`, key: "module.js" } },
  } as EdgeFunction["spec"];
  return server.read(edgeFunctions, ref) ?? server.put(edgeFunctions, { metadata: ref, spec });
}

async function until(call: () => Promise<Outcome>, slices: () => Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const end = Date.now() + 20_000; Date.now() < end; await systemClock.sleep(10)) {
    await slices();
    const outcome = await call();
    outcomes.push(outcome);
    if (outcome.done) return outcomes;
  }
  throw new Error(`not done: ${JSON.stringify(outcomes.at(-1))}`);
}

function slicesOf(server: FakeApiServer, name: string): EndpointSlice[] {
  return server
    .readAll(endpointSlices, namespace)
    .filter(({ metadata }) => metadata.labels?.[labels.serviceName] === name);
}

async function answers(server: FakeApiServer, name: string): Promise<string[]> {
  const targets = slicesOf(server, name).flatMap(({ endpoints = [], ports = [] }) =>
    endpoints
      .filter(({ conditions }) => conditions?.ready !== false)
      .map(({ addresses }) => `http://${addresses[0]}:${ports[0]?.port}/`),
  );
  return Promise.all(
    targets.map(async (url) => {
      const { statusCode, body } = await request(url);
      const text = await body.text();
      return statusCode === 200 ? (JSON.parse(text) as { server: string }).server : String(statusCode);
    }),
  );
}
