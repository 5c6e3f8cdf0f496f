/** What an assessment finds, from what a person does to what they see. */
import { afterEach, expect, test } from "vitest";
import { type EdgeFunction, edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { type Deployment, deployments } from "../../operator/kube/objects.ts";
import { networkPolicies, resourceQuotas } from "../../operator/kube/policy-objects.ts";
import { answerWith } from "../kit/fake-apiserver/fault.ts";
import { checkoutOnWorkerd, namespace } from "./checkout.ts";
import { given, type World } from "./world.ts";

let world: World;

afterEach(async () => {
  const breaches = [...world.laws.breaches];
  await world.end();
  expect(breaches).toEqual([]);
});

const checkout = { namespace, name: "checkout" };

async function begin(): Promise<void> {
  world = await given.cluster({ deployment: "checkout", replicas: 2, isAbrupt: true });
}

function found(): string[] {
  const findings = world.edgeFunction()?.status?.assessment?.findings ?? [];
  return findings.map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}

function changePods(spec: Partial<Deployment["spec"]["template"]["spec"]>): void {
  world.server.change(deployments, checkout, (live) => ({
    ...live,
    spec: {
      ...live.spec,
      template: { ...live.spec.template, spec: { ...live.spec.template.spec, ...spec } },
    },
  }));
}

function changeSpec(spec: Partial<EdgeFunction["spec"]>): void {
  world.server.change(edgeFunctions, checkout, (live) => ({ ...live, spec: { ...live.spec, ...spec } }));
}

const abrupt = "Warning AbruptShutdown Deployment/checkout .spec.template.spec.containers[0].lifecycle";
const claim = { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] };
const volumes = "Volumes Deployment/checkout .spec.template.spec.volumes[0]";

test("a blocker stalls the function until its owner takes it on", async () => {
  await begin();
  changePods(claim);
  world.startOperator();
  world.apply("checkout", checkoutOnWorkerd);
  await world.untilCondition("checkout", "Stalled", "True", "Volumes");
  expect(found()).toEqual([`Blocker ${volumes}`, abrupt]);
  expect(world.ebbObjects()).toEqual([]);
  changeSpec({ assessment: { ignore: ["Volumes"] } });
  await world.untilOffloaded();
  expect(found()).toEqual([`Warning ${volumes}`, abrupt]);
  const eligible = world.edgeFunction()?.status?.conditions?.find(({ type }) => type === "Eligible");
  expect(eligible?.message).toBe('Deployment "checkout" can move. Warnings: Volumes, AbruptShutdown.');
});

test("findings follow the workload while it is away", async () => {
  await begin();
  world.startOperator();
  world.apply("checkout", checkoutOnWorkerd);
  await world.untilOffloaded();
  changeSpec({ limits: { cpuTime: "50ms" } });
  await world.until("a limit that a pool cannot hold is told", () =>
    found().includes("Warning CPUTimeNotHeld .spec.limits.cpuTime"),
  );
  changeSpec({ limits: {} });
  const [container = { name: "app" }] = world.liveDeployment()?.spec.template.spec.containers ?? [];
  changePods({ containers: [{ ...container, lifecycle: { preStop: { sleep: { seconds: 5 } } } }] });
  await world.until("the finding is gone", () => found().length === 0);
  changePods(claim);
  await world.untilCondition("checkout", "Stalled", "True", "Volumes");
  expect(world.liveDeployment()?.spec.replicas).toBe(0);
  changePods({ volumes: [] });
  await world.untilOffloaded();
  expect(world.edgeFunction()?.status?.assessment).toBeUndefined();
});

test("what denies by default, and what leaves no room, stalls until it is changed", async () => {
  await begin();
  const policy = { namespace, name: "deny-all" };
  const quota = { namespace, name: "team" };
  world.server.put(networkPolicies, {
    metadata: policy,
    spec: { podSelector: {}, policyTypes: ["Ingress"] },
  });
  world.server.put(resourceQuotas, { metadata: quota, spec: { hard: { pods: "3" } } });
  world.startOperator();
  world.apply("checkout", checkoutOnWorkerd);
  await world.untilCondition("checkout", "Stalled", "True", "NetworkPolicy");
  expect(found()).toEqual([
    "Blocker NetworkPolicy NetworkPolicy/deny-all .spec.podSelector",
    "Blocker QuotaTooSmall ResourceQuota/team .spec.hard",
    abrupt,
  ]);
  world.server.remove(networkPolicies, policy);
  await world.untilCondition("checkout", "Stalled", "True", "QuotaTooSmall");
  world.server.change(resourceQuotas, quota, (live) => ({ ...live, spec: { hard: { pods: "10" } } }));
  await world.untilOffloaded();
  expect(found()).toEqual([abrupt]);
});

test("an operator without the rights goes on and says what it could not look at", async () => {
  await begin();
  const secret = new Set([
    "networkpolicies",
    "resourcequotas",
    "limitranges",
    "ingresses",
    "subjectaccessreviews",
  ]);
  world.server.onRequest(({ kind, actor, name }) =>
    secret.has(kind.plural) && name === undefined && actor.token?.startsWith("operator") === true
      ? answerWith(403, "Forbidden")
      : undefined,
  );
  world.startOperator();
  world.apply("checkout", checkoutOnWorkerd);
  await world.untilOffloaded();
  expect(found()).toEqual([abrupt, ...[...secret].toSorted().map((plural) => `Warning Unchecked ${plural}`)]);
});
