/** The chart's roles against the calls that an operator makes: nothing is missing, and nothing is there for no call. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { caSecretName, gatewayName, labels, poolName } from "../../operator/api/v1alpha1/names.ts";
import { edgeFunctions, edgeTargets } from "../../operator/kube/edge-objects.ts";
import {
  configMaps,
  type Deployment,
  deployments,
  podDisruptionBudgets,
  type Pod,
  pods,
  secrets,
  serviceAccounts,
} from "../../operator/kube/objects.ts";
import type { KubeObject, Resource } from "../../operator/kube/resource.ts";
import { helmBinary } from "../cluster/tools/helm.ts";
import { checkoutOnWorkerd, moduleOf, namespace } from "../faults/checkout.ts";
import { given, type World } from "../faults/world.ts";
import { type OperatorCall, recordCalls } from "./operator-calls.ts";
import { oneOf, renderChart } from "./rendered-chart.ts";

/** One thing that a role allows. */
interface Grant {
  readonly where: "Role" | "ClusterRole";
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  /** Undefined: any. */
  readonly name: string | undefined;
}

/** What no call of these stories uses, and why it is there. */
const unused: Readonly<Record<string, string>> = {
  "ClusterRole create discovery.k8s.io/endpointslices/restricted": "asked for by OpenShift's admission only",
};

const operatorNamespace = "ebb-system";
const checkout = { namespace, name: "checkout" };

let grants: readonly Grant[];
let world: World;
let calls: readonly OperatorCall[];

beforeAll(async () => {
  grants = await grantsOfChart();
  world = await given.cluster({ deployment: "checkout", replicas: 2, edgeFunction: checkoutOnWorkerd });
  calls = recordCalls(world.server);
  await everyStory();
});

afterAll(() => world.end());

test("every call of the operator is allowed by a role", () => {
  const refused = calls.filter((call) => !grants.some((grant) => allows(grant, call)));
  expect([...new Set(refused.map(nameOfCall))]).toEqual([]);
});

test("every rule of the roles is used by a call, but for the few that are named here", () => {
  const idle = grants.filter((grant) => !calls.some((call) => allows(grant, call)));
  expect(idle.map(nameOfGrant).toSorted()).toEqual(Object.keys(unused).toSorted());
});

async function grantsOfChart(): Promise<Grant[]> {
  const objects = await renderChart(await helmBinary());
  return (["Role", "ClusterRole"] as const).flatMap((where) =>
    (oneOf(objects, where, "ebb-operator").rules ?? []).flatMap((rule) =>
      rule.apiGroups.flatMap((group) =>
        rule.resources.flatMap((resource) =>
          rule.verbs.flatMap((verb) =>
            (rule.resourceNames ?? [undefined]).map((name) => ({ where, group, resource, verb, name })),
          ),
        ),
      ),
    ),
  );
}

function allows(grant: Grant, call: OperatorCall): boolean {
  return (
    grant.group === call.group &&
    grant.resource === call.resource &&
    grant.verb === call.verb &&
    (grant.where === "ClusterRole" || call.namespace === operatorNamespace) &&
    // A name is not known to the authorizer when an object is made.
    (grant.name === undefined || (grant.name === call.name && call.verb !== "create"))
  );
}

function nameOfGrant({ where, group, resource, verb, name }: Grant): string {
  return `${where} ${verb} ${group}/${resource}${name === undefined ? "" : ` ${name}`}`;
}

function nameOfCall({ group, resource, verb, name = "*", namespace: where = "*" }: OperatorCall): string {
  return `${verb} ${group}/${resource} ${where}/${name}`;
}

/** Whatever makes the operator call: there and back, and what people and machines do meanwhile. */
async function everyStory(): Promise<void> {
  world.startOperator();
  await world.untilOffloaded();
  await updateModule();
  await replaceGatewayPod();
  await losePoolAuthority();
  for (const name of [gatewayName, poolName]) await spoilObjects(name);
  await addTarget();
  await correctScale();
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

async function updateModule(): Promise<void> {
  const former = world.edgeFunction()?.status?.edge?.version;
  const { binaryData = {} } = moduleOf("checkout", "second");
  const name = moduleOf("checkout").metadata.name;
  world.server.change(configMaps, { namespace, name }, (live) => ({ ...live, binaryData }));
  await world.until("another version serves", () => world.edgeFunction()?.status?.edge?.version !== former);
  await world.untilOffloaded();
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

/** The operator looks whether another kind of workload has the name. */
async function nameNoDeployment(): Promise<void> {
  world.apply("lost", { ...checkoutOnWorkerd, workloadRef: { name: "lost" } });
  await world.untilCondition("lost", "Stalled", "True", "WorkloadNotFound");
  await world.delete("ef/lost");
}
