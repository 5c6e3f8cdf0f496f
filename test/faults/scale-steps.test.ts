/** A workload whose pods end abruptly goes a pod at a time, whatever comes between. */
import { afterEach, describe, expect, it } from "vitest";
import { type EdgeFunction, edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { deployments } from "../../operator/kube/objects.ts";
import { checkoutOnWorkerd, namespace } from "./checkout.ts";
import { crashTest } from "./crash-test.ts";
import { faultModes } from "./fault-modes.ts";
import { given, type World } from "./world.ts";

const checkout = { namespace, name: "checkout" };

interface Step {
  readonly replicas: number | undefined;
  /** Milliseconds of the world. */
  readonly time: number;
}

describe("an abrupt workload of three", () => {
  let world: World;
  /** Each change of the Deployment's count. */
  let steps: Step[];

  /** Breaches of laws that a person makes by hand. */
  let brokenByHand: RegExp | undefined;

  afterEach(async () => {
    await world.end();
    const breaches = world.laws.breaches.filter((breach) => brokenByHand?.test(breach) !== true);
    brokenByHand = undefined;
    expect(breaches).toEqual([]);
  });

  async function begin(replicas = 3): Promise<void> {
    world = await given.cluster({
      deployment: "checkout",
      replicas,
      isAbrupt: true,
      edgeFunction: checkoutOnWorkerd,
    });
    steps = [];
    world.server.onChange(() => {
      const { replicas } = world.liveDeployment()?.spec ?? {};
      if (replicas !== steps.at(-1)?.replicas) steps.push({ replicas, time: world.clock.now() });
    });
    world.startOperator();
  }

  async function homeAgain(): Promise<void> {
    await world.delete("ef/checkout");
    expect(world.deployment("checkout")).toEqual(world.before("checkout"));
  }

  const counts = (): (number | undefined)[] => steps.map(({ replicas }) => replicas);
  const untilReplicas = (count: number): Promise<void> =>
    world.until(`${count} replicas`, () => world.liveDeployment()?.spec.replicas === count);

  function patchFunction(spec: Partial<EdgeFunction["spec"]>): void {
    world.server.change(edgeFunctions, checkout, (live) => ({ ...live, spec: { ...live.spec, ...spec } }));
  }

  it("goes one by one, five seconds apart, tells how far it is, and comes back whole", async () => {
    await begin();
    await untilReplicas(2);
    await world.untilCondition("checkout", "Offloaded", "False", "PodsTerminating");
    const said = world.edgeFunction()?.status?.conditions?.find(({ type }) => type === "Offloaded")?.message;
    expect(said).toBe("2 of 3 replicas are left; they end abruptly, so some go every 5s.");
    await world.untilOffloaded();
    expect(counts()).toEqual([3, 2, 1, 0]);
    const times = steps.slice(1).map(({ time }) => time);
    for (const [index, time] of times.slice(1).entries())
      expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(5000);
    await homeAgain();
    expect(counts()).toEqual([3, 2, 1, 0, 3]);
  });

  it("goes by several when it has many, so that twelve steps are enough", async () => {
    await begin(13);
    await world.untilOffloaded();
    expect(counts()).toEqual([13, 11, 9, 7, 5, 3, 1, 0]);
    await homeAgain();
  });

  it("is brought back whole when it is called back on its way", async () => {
    await begin();
    await untilReplicas(2);
    patchFunction({ placement: "Cluster" });
    await world.until("it is in the cluster", () => world.edgeFunction()?.status?.phase === "InCluster");
    expect(world.deployment("checkout")).toEqual(world.before("checkout"));
    patchFunction({ placement: "Edge" });
    await world.untilOffloaded();
    await homeAgain();
  });

  it("keeps the saved scale when it is called back and sent off again at once", async () => {
    await begin();
    await untilReplicas(2);
    patchFunction({ placement: "Cluster" });
    await world.untilCondition("checkout", "Offloaded", "False", "ScalingUp");
    patchFunction({ placement: "Edge" });
    await world.untilOffloaded();
    expect(world.edgeFunction()?.status?.savedScale?.replicas).toBe(3);
    await homeAgain();
  });

  it("keeps the saved scale when its pods learn to drain on its way", async () => {
    await begin();
    await world.untilCondition("checkout", "Offloaded", "False", "PodsTerminating");
    world.server.change(deployments, checkout, (live) => {
      const [container = { name: "app" }] = live.spec.template.spec.containers;
      const containers = [{ ...container, lifecycle: { preStop: { sleep: { seconds: 5 } } } }];
      const template = { ...live.spec.template, spec: { ...live.spec.template.spec, containers } };
      return { ...live, spec: { ...live.spec, template } };
    });
    await world.untilOffloaded();
    expect(world.edgeFunction()?.status?.savedScale?.replicas).toBe(3);
    await world.delete("ef/checkout");
    expect(counts()).toEqual([3, 2, 0, 3]);
  });

  it("keeps the saved scale when the status is lost as a whole on its way", async () => {
    brokenByHand = /status has no saved scale|saved scale changed/;
    await begin();
    await world.untilCondition("checkout", "Offloaded", "False", "PodsTerminating");
    world.server.change(edgeFunctions, checkout, ({ status: _lost, ...live }) => live, {
      subresource: "status",
    });
    await world.untilOffloaded();
    expect(world.edgeFunction()?.status?.savedScale?.replicas).toBe(3);
    await homeAgain();
  });

  it("goes at once when something scales it up on its way, as an autoscaler does that rests at zero only", async () => {
    await begin();
    await world.untilCondition("checkout", "Offloaded", "False", "PodsTerminating");
    world.server.change(deployments, checkout, (live) => ({ ...live, spec: { ...live.spec, replicas: 3 } }));
    await world.untilOffloaded();
    expect(counts()).toEqual([3, 2, 3, 0]);
    expect(world.edgeFunction()?.status?.savedScale?.replicas).toBe(3);
    await homeAgain();
  });
});

crashTest(Object.values(faultModes), {
  writes: "a step of an abrupt workload",
  isBroken: ({ write }) => write.endsWith("/scale"),
  isAbrupt: true,
});
