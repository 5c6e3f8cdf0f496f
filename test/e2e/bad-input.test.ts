import { afterAll, beforeAll, expect, test } from "vitest";
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
beforeAll(async () => {
  ebb = await ebbOnCluster();
  kubectl = new Kubectl(ebb.cluster.access);
  await removeNamespace();
  await kubectl.run(["create", "namespace", namespace]);
  await kubectl.apply(...cases.flatMap(({ objects }) => objects));
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
  const before = await snapshot(kubectl, namespace);
  await kubectl.apply(functionOf(bad));
  await reaches(bad.name, "Stalled", "True");
  const told = await refusalOf(bad.name);
  const [condition = ""] = [told[bad.condition]];
  expect(condition).toMatch(new RegExp(`^False ${bad.reason} `));
  expect(condition).toMatch(bad.message);
  const message = condition.slice(`False ${bad.reason} `.length);
  expect(told["Stalled"]).toBe(`True ${bad.reason} ${message}`);
  expect(told["Ready"]).toBe(`False ${bad.reason} ${message}`);
  expect(told["Reconciling"]).toBeUndefined();
  expect(await snapshot(kubectl, namespace)).toEqual(before);
  await kubectl.run(["delete", "edgefunction", bad.name, "-n", namespace, "--timeout=30s"]);
});

test("a refused workload goes on as soon as its Service is there", async () => {
  const [bad] = cases.filter(({ name }) => name === "no-service");
  if (bad === undefined) throw new Error("there is no such case");
  await kubectl.apply(functionOf(bad));
  await reaches(bad.name, "Eligible", "False ServiceNotFound");
  const ports = [{ port: 80, targetPort: 8080 }];
  const spec = { selector: { app: bad.name }, ports };
  await kubectl.apply({ apiVersion: "v1", kind: "Service", metadata: { name: "late", namespace }, spec });
  await reaches(bad.name, "Eligible", "True Eligible");
  await reaches(bad.name, "Stalled", "True ModuleNotFound");
});

async function reaches(name: string, condition: string, start: string): Promise<void> {
  const look = async (): Promise<string | undefined> => {
    const told = await refusalOf(name);
    return told[condition]?.startsWith(start) === true ? undefined : JSON.stringify(told);
  };
  await eventually(`${name} has ${condition} ${start}`, look, { seconds: 30 });
}
