import { afterAll, beforeAll, expect, test } from "vitest";
import type { EdgeFunction } from "../../operator/kube/edge-objects.ts";
import type { Event } from "../../operator/kube/event-objects.ts";
import { moduleKey } from "./harness/auth-workload.ts";
import { type BadInput, badInputs } from "./harness/bad-input.ts";
import { type EbbOnCluster, ebbOnCluster } from "./harness/ebb-on-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { Kubectl, type Manifest } from "./harness/kubectl.ts";
import type { SeenFunction } from "./harness/scenario.ts";
import { snapshot } from "./harness/snapshot.ts";

const namespace = "e2e-bad-input";
const cases = await badInputs(namespace, "ebb.local/none:none");

let ebb: EbbOnCluster;
let kubectl: Kubectl;
let before: Awaited<ReturnType<typeof snapshot>>;
beforeAll(async () => {
  ebb = await ebbOnCluster();
  kubectl = new Kubectl(ebb.cluster.access);
  await removeNamespace();
  await kubectl.run(["create", "namespace", namespace]);
  await kubectl.apply(...cases.flatMap(({ objects }) => objects));
  before = await snapshot(kubectl, namespace);
  // All at once: no test waits for the one before.
  await kubectl.apply(...cases.map(functionOf));
});
afterAll(removeNamespace);

async function removeNamespace(): Promise<void> {
  await kubectl.run(["delete", "namespace", namespace, "--ignore-not-found", "--timeout=3m"]);
}

function functionOf({ name, spec }: BadInput): Manifest {
  const module = { configMapKeyRef: { name, key: moduleKey } };
  return {
    apiVersion: "ebb.dev/v1alpha1",
    kind: "EdgeFunction",
    metadata: { name, namespace },
    spec: { workloadRef: { name }, module, ...spec },
  };
}

/** Type, status, reason and message of the conditions that tell a refusal. */
async function refusalOf(name: string): Promise<Record<string, string>> {
  const { status } = await kubectl.get<SeenFunction>(namespace, "edgefunction", name);
  const told = (status?.conditions ?? []).map((condition) => [
    condition.type,
    `${condition.status} ${condition.reason} ${condition.message}`,
  ]);
  return Object.fromEntries(told);
}

test.each(cases)("$name stalls with $condition=False, $reason", async (bad) => {
  await reaches(bad.name, "Stalled", "True");
  const told = await refusalOf(bad.name);
  const [condition = ""] = [told[bad.condition]];
  expect(condition).toMatch(new RegExp(`^False ${bad.reason} `));
  expect(condition).toMatch(bad.message);
  const message = condition.slice(`False ${bad.reason} `.length);
  expect(told["Stalled"]).toBe(`True ${bad.reason} ${message}`);
  expect(told["Ready"]).toBe(`False ${bad.reason} ${message}`);
  expect(told["Reconciling"]).toBeUndefined();
  if (bad.condition === "Eligible") expect(await blockersOf(bad.name)).toEqual([message]);
});

test("none of the user's objects is changed", async () => {
  expect(await snapshot(kubectl, namespace)).toEqual(before);
});

test("a blocker is told by one Event", async () => {
  await eventually("one Event tells of Privileges", lookForEvent, { seconds: 30 });
  expect(await eventsOf("privileged", "Privileges")).toEqual([
    expect.stringMatching(/^Warning Container "app"/),
  ]);
});

async function lookForEvent(): Promise<string | undefined> {
  return (await eventsOf("privileged", "Privileges")).length > 0 ? undefined : "there is none";
}

test("a refused workload goes on as soon as its Service is there", async () => {
  const [bad] = cases.filter(({ name }) => name === "no-service");
  if (bad === undefined) throw new Error("there is no such case");
  const ports = [{ port: 80, targetPort: 8080 }];
  const spec = { selector: { app: bad.name }, ports };
  await kubectl.apply({ apiVersion: "v1", kind: "Service", metadata: { name: "late", namespace }, spec });
  await reaches(bad.name, "Eligible", "True Eligible");
  await reaches(bad.name, "Stalled", "True ModuleNotFound");
});

test("functions that never had a workload go at once", async () => {
  await kubectl.run(["delete", "edgefunction", "--all", "-n", namespace, "--timeout=60s"]);
});

async function blockersOf(name: string): Promise<string[]> {
  const { status } = await kubectl.get<EdgeFunction>(namespace, "edgefunction", name);
  const findings = status?.assessment?.findings ?? [];
  return findings.filter(({ severity }) => severity === "Blocker").map(({ message }) => message);
}

/** Type and note of the Events of a function that have that reason. */
async function eventsOf(name: string, reason: string): Promise<string[]> {
  const all = await kubectl.list<Event>(namespace, "events.events.k8s.io");
  return all
    .filter((event) => event.regarding?.name === name && event.reason === reason)
    .map(({ type, note }) => `${type} ${note}`);
}

async function reaches(name: string, condition: string, start: string): Promise<void> {
  const look = async (): Promise<string | undefined> => {
    const told = await refusalOf(name);
    return told[condition]?.startsWith(start) === true ? undefined : JSON.stringify(told);
  };
  await eventually(`${name} has ${condition} ${start}`, look, { seconds: 30 });
}
