import { afterEach, expect, it } from "vitest";
import { checkoutOnWorkerd } from "./checkout.ts";
import { given, type World } from "./world.ts";

let world: World;

afterEach(async () => {
  await world.end();
  expect(world.laws.breaches).toEqual([]);
});

it("moves a workload to the edge and brings it back exactly as it was", async () => {
  world = await given.cluster({ deployment: "checkout", replicas: 3, edgeFunction: checkoutOnWorkerd });
  world.startOperator();
  await world.untilOffloaded();
  expect(world.liveDeployment()?.spec.replicas).toBe(0);
  await world.delete("ef/checkout");
  expect(world.deployment("checkout")).toEqual(world.before("checkout"));
  await world.until("no object of Ebb is left", () => world.ebbObjects().length === 0);
});
