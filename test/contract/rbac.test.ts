/** The chart's roles against the calls that an operator makes: nothing is missing, and nothing is there for no call. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { caSecretName, gatewayName, labels, poolName } from "../../operator/api/v1alpha1/names.ts";
import { type EdgeFunction, edgeFunctions, edgeTargets } from "../../operator/kube/edge-objects.ts";
import {
  configMaps,
  type Deployment,
  deployments,
  namespaces,
  podDisruptionBudgets,
  type Pod,
  pods,
  secrets,
  serviceAccounts,
} from "../../operator/kube/objects.ts";
import { coreEvents } from "../../operator/kube/event-objects.ts";
import { ingresses, peerAuthentications } from "../../operator/kube/policy-objects.ts";
import { networkPolicies } from "../../operator/kube/policy-objects.ts";
import type { KubeObject, Resource } from "../../operator/kube/resource.ts";
import { helmBinary } from "../cluster/tools/helm.ts";
import { loadCustomKinds } from "../kit/fake-apiserver/custom-kinds.ts";
import { layouts } from "../kit/artifact.ts";
import { FakeRegistry } from "../kit/fake-registry.ts";
import { istioKinds } from "../kit/istio/istio-kinds.ts";
import { startProber } from "../faults/caller.ts";
import { checkoutOnWorkerd, moduleOf, namespace } from "../faults/checkout.ts";
import { given, type World } from "../faults/world.ts";
import { type Call, type Grant, grantsOf, operatorNamespace, refusedCalls, unusedGrants } from "./grants.ts";
import { recordCalls } from "./operator-calls.ts";
import { renderChart } from "./rendered-chart.ts";

/** What no call of these stories uses, and why it is there. */
const unused: Readonly<Record<string, string>> = {
  "ClusterRole create discovery.k8s.io/endpointslices/restricted": "asked for by OpenShift's admission only",
};

/** Rules whose use depends on who is first, and who the other is. */
const chance: Readonly<Record<string, string>> = {
  "ClusterRole get /pods": "the garbage collector takes the slice of a pod that has ended",
};

const checkout = { namespace, name: "checkout" };

let grants: readonly Grant[];
let world: World;
let calls: readonly Call[];

beforeAll(async () => {
  grants = grantsOf(await renderChart(await helmBinary(), "networkPolicy.enabled=true"), "ebb-operator");
  world = await given.cluster({
    deployment: "checkout",
    replicas: 2,
    edgeFunction: checkoutOnWorkerd,
    customKinds: [...loadCustomKinds(), ...istioKinds()],
  });
  calls = recordCalls(world.server);
  await everyStory();
});

afterAll(() => world.end());

test("every call of the operator is allowed by a role", () => {
  expect(refusedCalls(grants, calls)).toEqual([]);
});

test("every rule of the roles is used by a call, but for the few that are named here", () => {
  const found = unusedGrants(grants, calls).filter((grant) => !(grant in chance));
  expect(found).toEqual(Object.keys(unused).toSorted());
});

/** Whatever makes the operator call: there and back, and what people and machines do meanwhile. */
async function everyStory(): Promise<void> {
  world.networkPolicies = { callers: [] };
  world.startOperator();
  await world.untilOffloaded();
  await dropPolicies();
  await updateModule();
  await useSecret();
  await pullModule();
  await failModule();
  await replaceGatewayPod();
  await losePoolAuthority();
  await spoilPoolAuthority();
  for (const name of [gatewayName, poolName]) await spoilObjects(name);
  await addTarget();
  await correctScale();
  await joinMesh();
  await nameNoDeployment();
  await world.restartOperator();
  await world.delete("ef/checkout");
  await untilNothingIsLeft();
  await stripFinalizer();
  await untilNothingIsLeft();
}

async function untilNothingIsLeft(): Promise<void> {
  await world.until("no object of Ebb is left", () => world.ebbObjects().length === 0);
}

/** A person forces a function away while its gateway already serves. */
async function stripFinalizer(): Promise<void> {
  world.apply("checkout", checkoutOnWorkerd);
  await world.until("the gateway serves", () =>
    world.ebbObjects().some(({ kind }) => kind === "EndpointSlice"),
  );
  world.server.change(edgeFunctions, checkout, (live) => ({
    ...live,
    metadata: { ...live.metadata, finalizers: [] },
  }));
  world.server.remove(edgeFunctions, checkout);
}

/** The chart wants NetworkPolicies no more. */
async function dropPolicies(): Promise<void> {
  world.networkPolicies = undefined;
  await world.restartOperator();
  const left = (): number => world.server.readAll(networkPolicies, namespace).length;
  await world.until("no NetworkPolicy is left", () => left() === 0);
}

async function updateModule(): Promise<void> {
  const former = world.edgeFunction()?.status?.edge?.version;
  const { binaryData = {} } = moduleOf("checkout", "second");
  const name = moduleOf("checkout").metadata.name;
  world.server.change(configMaps, { namespace, name }, (live) => ({ ...live, binaryData }));
  await world.until("another version serves", () => world.edgeFunction()?.status?.edge?.version !== former);
  await world.untilOffloaded();
}

/** The module gets a value of a Secret, then another one. */
async function useSecret(): Promise<void> {
  const keys = { namespace, name: "checkout-keys" };
  const data = { token: Buffer.from("one").toString("base64") };
  world.server.put(secrets, { metadata: keys, data });
  const env = [{ name: "TOKEN", valueFrom: { secretKeyRef: { name: keys.name, key: "token" } } }];
  const kept = (): string => JSON.stringify(world.server.read(secrets, { namespace, name: "ebb-pool-env" }));
  world.server.change(edgeFunctions, checkout, (live) => ({ ...live, spec: { ...live.spec, env } }));
  await world.until("the value is kept", () => kept() !== undefined);
  const former = kept();
  world.server.change(secrets, keys, (live) => ({ ...live, data: { token: "dHdv" } }));
  await world.until("the other value is kept", () => kept() !== former);
  await world.untilOffloaded();
}

/** The module comes from a registry that lets in whom the workload's account knows, then from a ConfigMap again. */
async function pullModule(): Promise<void> {
  await using registry = await FakeRegistry.start({ challenge: "Basic", users: { robot: "word" } });
  registry.push(
    "shop/checkout",
    "1",
    layouts.script("export default { fetch: () => new Response('pulled') };"),
  );
  const auths = { [registry.host]: { username: "robot", password: "word" } };
  const data = { ".dockerconfigjson": Buffer.from(JSON.stringify({ auths })).toString("base64") };
  world.server.put(secrets, { metadata: { namespace, name: "registry" }, data });
  const imagePullSecrets = [{ name: "registry" }];
  world.server.put(serviceAccounts, { metadata: { namespace, name: "default" }, imagePullSecrets });
  const oci = { reference: `${registry.host}/shop/checkout:1`, plainHTTP: true };
  const { module } = checkoutOnWorkerd;
  await use({ abi: "Worker", oci });
  await use(module);
}

async function use(module: EdgeFunction["spec"]["module"]): Promise<void> {
  const former = world.edgeFunction()?.status?.edge?.version;
  world.server.change(edgeFunctions, checkout, (live) => ({ ...live, spec: { ...live.spec, module } }));
  await world.until("another version serves", () => world.edgeFunction()?.status?.edge?.version !== former);
  await world.untilOffloaded();
}

/** The module fails, which its owner is told with what it wrote. */
async function failModule(): Promise<void> {
  const former = world.edgeFunction()?.status?.edge?.version;
  const failing = "export default { fetch() { throw new Error('no'); } };";
  const binaryData = { "module.js": Buffer.from(failing).toString("base64") };
  const name = moduleOf("checkout").metadata.name;
  world.server.change(configMaps, { namespace, name }, (live) => ({ ...live, binaryData }));
  await world.until("another version serves", () => world.edgeFunction()?.status?.edge?.version !== former);
  await world.untilOffloaded();
  const prober = startProber(world, "checkout");
  await world.until("it is told", () => world.server.readAll(coreEvents, namespace).length > 0);
  await prober.stop();
}

function gatewayPods(): Pod[] {
  return world.server
    .readAll(pods, namespace)
    .filter((pod) => pod.metadata.labels?.[labels.component] === "gateway");
}

async function replaceGatewayPod(): Promise<void> {
  const uid = gatewayPods()[0]?.metadata.uid;
  const name = gatewayPods()[0]?.metadata.name ?? "";
  world.server.remove(pods, { namespace, name });
  const isReplaced = (): boolean =>
    gatewayPods().length === 2 &&
    gatewayPods().every(
      (pod) =>
        pod.metadata.uid !== uid &&
        pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true,
    );
  await world.until("another gateway pod is ready", isReplaced);
}

/** Every pool gets certificates of new authorities. */
async function losePoolAuthority(): Promise<void> {
  const ref = { namespace, name: "ebb-pool-tls" };
  const former = world.server.read(secrets, ref)?.data;
  world.server.remove(secrets, { namespace: operatorNamespace, name: caSecretName });
  await world.until(
    "the pool has another certificate",
    () => world.server.read(secrets, ref)?.data !== former,
  );
}

/** A person spoils the key of an authority. */
async function spoilPoolAuthority(): Promise<void> {
  const ref = { namespace: operatorNamespace, name: caSecretName };
  const key = "server-ca.key";
  world.server.change(secrets, ref, (live) => ({ ...live, data: { ...live.data, [key]: "dGV4dA==" } }));
  await world.until(
    "there is another authority",
    () => world.server.read(secrets, ref)?.data?.[key] !== "dGV4dA==",
  );
}

/** A person changes what Ebb made; another operator, which has no memory of it, makes it right. */
async function spoilObjects(name: string): Promise<void> {
  for (const resource of [serviceAccounts, podDisruptionBudgets, deployments] as Resource[])
    world.server.change(resource, { namespace, name }, spoiled);
  await world.restartOperator();
  const isRight = (resource: Resource): boolean =>
    world.server.read(resource, { namespace, name })?.metadata.annotations?.["ebb.dev/applied"] !== "spoiled";
  await world.until("Ebb's objects are right again", () =>
    ([serviceAccounts, podDisruptionBudgets, deployments] as Resource[]).every(isRight),
  );
}

function spoiled(live: KubeObject): KubeObject {
  return {
    ...live,
    metadata: {
      ...live.metadata,
      annotations: { ...live.metadata.annotations, "ebb.dev/applied": "spoiled" },
    },
  };
}

async function addTarget(): Promise<void> {
  const ref = { namespace, name: "own" };
  world.server.put(edgeTargets, {
    metadata: ref,
    spec: { workerd: { replicas: 2, resources: {} } },
  });
  await world.until(
    "the target has a status",
    () => world.server.read(edgeTargets, ref)?.status?.conditions?.[0] !== undefined,
  );
}

async function correctScale(): Promise<void> {
  world.server.change(deployments, checkout, (live: Deployment) => ({
    ...live,
    spec: { ...live.spec, replicas: 1 },
  }));
  await world.until("the scale is corrected", () => world.liveDeployment()?.spec.replicas === 0);
  await world.untilOffloaded();
}

/** The namespace gets an Istio mesh that is strict, and an Ingress of another Service speaks gRPC. */
async function joinMesh(): Promise<void> {
  const annotations = { "nginx.ingress.kubernetes.io/backend-protocol": "GRPC" };
  world.server.put(ingresses, { metadata: { namespace, name: "till", annotations }, spec: {} });
  world.server.put(peerAuthentications, {
    metadata: { namespace: "istio-system", name: "default" },
    spec: { mtls: { mode: "STRICT" } },
  });
  world.server.change(namespaces, { name: namespace }, inject("enabled"));
  await world.untilCondition("checkout", "Stalled", "True", "StrictMesh");
  world.server.change(namespaces, { name: namespace }, inject("disabled"));
  await world.untilOffloaded();
}

/** Switches the mesh of a namespace on or off. */
function inject(value: "enabled" | "disabled"): (live: KubeObject) => KubeObject {
  return (live) => ({
    ...live,
    metadata: { ...live.metadata, labels: { ...live.metadata.labels, "istio-injection": value } },
  });
}

/** The operator looks whether another kind of workload has the name. */
async function nameNoDeployment(): Promise<void> {
  world.apply("lost", { ...checkoutOnWorkerd, workloadRef: { name: "lost" } });
  await world.untilCondition("lost", "Stalled", "True", "WorkloadNotFound");
  await world.delete("ef/lost");
}
