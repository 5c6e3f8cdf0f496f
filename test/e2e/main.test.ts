import { beforeAll, expect, test } from "vitest";
import type { CoreEvent } from "../../operator/kube/event-objects.ts";
import { anotherBuild, authModule, environment } from "./harness/auth-workload.ts";
import { type EbbOnCluster, ebbOnCluster } from "./harness/ebb-on-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { Kubectl } from "./harness/kubectl.ts";
import { callPublished, mentionsOf, publishedName, publishedObjects, secretOf } from "./harness/published.ts";

let ebb: EbbOnCluster;
beforeAll(async () => {
  ebb = await ebbOnCluster();
});

// Both take their time beside each other.
test.concurrent("a workload moves to the edge, is updated there, returns, moves again and comes home with no request lost", async ({
  onTestFinished,
}) => {
  const started = performance.now();
  const shop = await ebb.scenario({ namespace: "e2e-main", replicas: 3, ending: "drains" });
  onTestFinished(() => shop.dispose());

  await shop.apply();
  await shop.condition("Offloaded");
  await shop.replicas(0);
  await shop.servedOnlyBy("edge");
  const { status: first } = await shop.function();
  expect(first).toMatchObject({
    phase: "Offloaded",
    savedScale: { replicas: 3 },
    traffic: { edgePercent: 100 },
  });

  await shop.apply({}, anotherBuild(await authModule(), 2));
  await shop.until("the new module serves", async () => {
    const { status } = await shop.function();
    const isNew =
      status?.module?.digest !== first?.module?.digest && status?.edge?.version !== first?.edge?.version;
    return isNew ? undefined : "it is the old one";
  });
  await shop.condition("Offloaded");
  await shop.patch({ env: environment("edge-2") });
  await shop.servedOnlyBy("edge-2");
  await shop.replicas(0);

  await shop.patch({ placement: "Cluster" });
  await shop.condition("Ready");
  await shop.replicas(3);
  await shop.servedOnlyBy("origin");
  expect(await shop.now()).toEqual(shop.before);

  await shop.patch({ placement: "Edge" });
  await shop.condition("Offloaded");
  await shop.replicas(0);
  await shop.servedOnlyBy("edge-2");

  await shop.delete();
  // Nothing is waited for here: a deletion returns when the workload serves as it did before.
  expect((await shop.deployment()).status).toMatchObject({ replicas: 3, readyReplicas: 3 });
  expect(await shop.now()).toEqual(shop.before);
  await shop.servedOnlyBy("origin");
  await shop.noObjectOfEbb();

  const outcome = await shop.stopProbers();
  expect(outcome).toMatchObject({ lost: 0, unretriable: 0, incidents: [] });
  expect(outcome.requests / ((performance.now() - started) / 1000)).toBeGreaterThan(100);
});

test.concurrent("a module gets its Secret, reaches what it may, and its failure is told", async ({
  onTestFinished,
}) => {
  const namespace = "e2e-settings";
  const kubectl = new Kubectl(ebb.cluster.access);
  const remove = () => kubectl.run(["delete", "namespace", namespace, "--ignore-not-found", "--timeout=3m"]);
  await remove();
  onTestFinished(async () => void (await remove()));
  const ask = (path: string) => callPublished(kubectl, ebb.cluster, namespace, path);
  const answers = async (path: string, expected: string) => {
    const look = async () => ((await ask(path)) === expected ? undefined : `${path}: ${await ask(path)}`);
    await eventually(`${path} answers ${expected}`, look, { seconds: 120, interval: 1000 });
  };
  await kubectl.run(["create", "namespace", namespace]);
  const secrets = ["first-secret-of-e2e", "second-secret-of-e2e"] as const;
  await kubectl.apply(secretOf(namespace, secrets[0]), ...publishedObjects(namespace));
  await answers("/", `200 ${secrets[0]}`);
  await answers("/server", "200 ok");
  expect(await ask("/elsewhere")).toBe(
    "200 spec.egress.allow does not name kubernetes.default.svc with port 443",
  );
  expect(await ask("/fail")).toMatch(/^500 /);
  await kubectl.apply(secretOf(namespace, secrets[1]));
  await answers("/", `200 ${secrets[1]}`);
  const look = async () => {
    const events = await kubectl.list<CoreEvent>(namespace, "events");
    const told = events
      .filter((event) => event.reason === "ModuleTrapped")
      .map(({ message = "" }) => message);
    return told.some((message) => message.endsWith("no use of [redacted]"))
      ? undefined
      : JSON.stringify(told);
  };
  await eventually("the failure is told", look, { seconds: 90 });
  for (const secret of secrets) expect(await mentionsOf(kubectl, namespace, secret)).toEqual([]);
  await kubectl.run(["delete", "edgefunction", publishedName, "-n", namespace, "--timeout=1m"]);
});
