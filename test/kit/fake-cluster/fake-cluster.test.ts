/** The stand-ins for controllers and the node. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { inSlicesCondition, labels } from "../../../operator/api/v1alpha1/names.ts";
import {
  configMaps,
  type Deployment,
  deployments,
  endpointSlices,
  type Pod,
  pods,
  services,
} from "../../../operator/kube/objects.ts";
import { type FakeApiServer, startFakeApiServer } from "../fake-apiserver/fake-api-server.ts";
import { type FakeCluster, startFakeCluster } from "./fake-cluster.ts";
import type { Mounts } from "./pod-program.ts";
import { isReady } from "./pods.ts";

const namespace = "shop";
const ref = { namespace, name: "app" };

let server: FakeApiServer;
let cluster: FakeCluster;
let mounted: Mounts[];
let stopped: string[];

beforeEach(async () => {
  server = await startFakeApiServer();
  mounted = [];
  stopped = [];
  const gateway = async ({ mounts, address }: { mounts: Mounts; address: string }) => {
    mounted.push(mounts);
    return {
      filesChanged: (files: Mounts) => void mounted.push(files),
      stop: async () => void stopped.push(address),
    };
  };
  cluster = startFakeCluster({ server, slot: 255, programs: { gateway } });
});

afterEach(async () => {
  await cluster.stop();
  await server.stop();
});

function deploy(
  replicas: number,
  pod: Partial<Pod["spec"]> = {},
  extra: Record<string, string> = {},
): Deployment {
  const all = { app: "app", ...extra };
  const spec = {
    containers: [{ name: "app", image: "app:1", ports: [{ name: "http", containerPort: 8080 }] }],
    ...pod,
  };
  return server.put(deployments, {
    metadata: ref,
    spec: {
      replicas,
      selector: { matchLabels: { app: "app" } },
      template: { metadata: { labels: all }, spec },
    },
  });
}

function expose(): void {
  server.put(services, {
    metadata: ref,
    spec: { selector: { app: "app" }, ports: [{ name: "web", port: 80, targetPort: "http" }] },
  });
}

function endpoints(): readonly { ready: boolean | undefined; addresses: readonly string[] }[] {
  const [slice] = server.readAll(endpointSlices, namespace);
  return (slice?.endpoints ?? []).map(({ addresses, conditions }) => ({
    ready: conditions?.ready,
    addresses,
  }));
}

const readyPods = (): Pod[] => server.readAll(pods, namespace).filter(isReady);
const scaleTo = (replicas: number): unknown =>
  server.change(deployments, ref, (live) => ({ ...live, spec: { ...live.spec, replicas } }));

it("runs the pods of a Deployment and lists them as endpoints", async () => {
  expose();
  deploy(3);
  await expect.poll(() => endpoints().filter(({ ready }) => ready).length).toBe(3);
  const addresses = readyPods().map((pod) => pod.status?.podIP ?? "");
  expect(new Set(addresses).size).toBe(3);
  expect(new Set(endpoints().flatMap((each) => each.addresses))).toEqual(new Set(addresses));
  expect(server.readAll(endpointSlices, namespace)[0]?.ports).toEqual([
    { name: "web", protocol: "TCP", port: 8080 },
  ]);
  await expect
    .poll(() => server.read(deployments, ref)?.status)
    .toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3, observedGeneration: 1 });
});

it("scales to zero and back", async () => {
  expose();
  deploy(2);
  await expect.poll(() => readyPods().length).toBe(2);
  scaleTo(0);
  await expect.poll(() => server.readAll(pods, namespace).length).toBe(0);
  await expect.poll(() => endpoints().length).toBe(0);
  await expect.poll(() => server.read(deployments, ref)?.status?.observedGeneration).toBe(2);
  expect(server.read(deployments, ref)?.status?.replicas).toBeUndefined();
  scaleTo(1);
  await expect.poll(() => endpoints().filter(({ ready }) => ready).length).toBe(1);
});

it("rolls to a new template and never has fewer ready pods than replicas", async () => {
  deploy(3);
  await expect.poll(() => readyPods().length).toBe(3);
  let fewest = 3;
  server.onChange(() => {
    fewest = Math.min(fewest, readyPods().length);
  });
  server.change(deployments, ref, (live) => {
    const containers = [{ name: "app", image: "app:2" }];
    const template = { ...live.spec.template, spec: { ...live.spec.template.spec, containers } };
    return { ...live, spec: { ...live.spec, template } };
  });
  await expect
    .poll(() => readyPods().map((pod) => pod.spec.containers[0]?.image))
    .toEqual(["app:2", "app:2", "app:2"]);
  await expect.poll(() => server.read(deployments, ref)?.status?.updatedReplicas).toBe(3);
  expect(fewest).toBe(3);
});

it("replaces a pod that is deleted", async () => {
  deploy(1);
  await expect.poll(() => readyPods().length).toBe(1);
  const [first] = readyPods();
  server.remove(pods, { namespace, name: first?.metadata.name ?? "" });
  await expect.poll(() => readyPods().map((pod) => pod.metadata.uid)).not.toContain(first?.metadata.uid);
  await expect.poll(() => readyPods().length).toBe(1);
});

it("leaves a pod unready until its readiness gate is True", async () => {
  expose();
  deploy(1, { readinessGates: [{ conditionType: inSlicesCondition }] });
  const ready = (): string | undefined =>
    server.readAll(pods, namespace)[0]?.status?.conditions?.find(({ type }) => type === "Ready")?.status;
  await expect.poll(ready).toBe("False");
  const [pod] = server.readAll(pods, namespace);
  const gate = { type: inSlicesCondition, status: "True" } as const;
  server.change(
    pods,
    { namespace, name: pod?.metadata.name ?? "" },
    (live) => ({
      ...live,
      status: { ...live.status, conditions: [...(live.status?.conditions ?? []), gate] },
    }),
    { subresource: "status" },
  );
  await expect.poll(ready).toBe("True");
  await expect.poll(() => endpoints().map((each) => each.ready)).toEqual([true]);
});

it("keeps pods from starting when it is told to, and starts them later", async () => {
  cluster.letStart(() => false);
  deploy(1);
  await expect.poll(() => server.readAll(pods, namespace)[0]?.status?.phase).toBe("Running");
  expect(readyPods()).toEqual([]);
  cluster.letStart(() => true);
  await expect.poll(() => readyPods().length).toBe(1);
});

it("waits for the ConfigMap of a volume, and refreshes it when the pod is touched, not before", async () => {
  const volumes = [{ name: "config", configMap: { name: "config", items: [{ key: "a", path: "a.json" }] } }];
  deploy(1, { volumes }, { [labels.component]: "gateway" });
  await expect.poll(() => server.readAll(pods, namespace).length).toBe(1);
  expect(mounted).toEqual([]);
  const files = (): string[] => mounted.map((mounts) => String(mounts.get("config")?.get("a.json")));
  const config = { namespace, name: "config" };
  server.put(configMaps, { metadata: config, data: { a: "1" } });
  await expect.poll(() => readyPods().length).toBe(1);
  expect(files()).toEqual(["1"]);
  server.change(configMaps, config, (live) => ({ ...live, data: { a: "2" } }));
  const [pod] = readyPods();
  const name = pod?.metadata.name ?? "";
  server.change(pods, { namespace, name }, (live) => ({
    ...live,
    metadata: { ...live.metadata, labels: { ...live.metadata.labels, x: "y" } },
  }));
  expect(files()).toEqual(["1"]);
  server.change(pods, { namespace, name }, (live) => ({
    ...live,
    metadata: { ...live.metadata, annotations: { touch: "1" } },
  }));
  await expect.poll(files).toEqual(["1", "2"]);
});

it("stops a pod's program when it goes and starts it again after a crash", async () => {
  deploy(1, {}, { [labels.component]: "gateway" });
  await expect.poll(() => readyPods().length).toBe(1);
  const [pod] = readyPods();
  if (pod !== undefined) await cluster.crash(pod);
  await expect.poll(() => readyPods().length).toBe(1);
  expect({ starts: mounted.length, stops: stopped.length }).toEqual({ starts: 2, stops: 1 });
  scaleTo(0);
  await expect.poll(() => stopped.length).toBe(2);
});

it("takes the slice of a Service and the pods of a Deployment away with them", async () => {
  expose();
  deploy(1);
  await expect.poll(() => endpoints().length).toBe(1);
  server.remove(services, ref);
  server.remove(deployments, ref);
  await expect
    .poll(() => server.readAll(endpointSlices, namespace).length + server.readAll(pods, namespace).length)
    .toBe(0);
});
