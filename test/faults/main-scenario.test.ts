/** The story of the README, with somebody who calls the Service all the time. */
import { afterEach, expect, it } from "vitest";
import { startProber } from "./caller.ts";
import { checkoutOnWorkerd } from "./checkout.ts";
import { serving } from "./to-serve.ts";
import { given, type World } from "./world.ts";

expect.extend(serving);

let world: World;

afterEach(async () => {
  await world.end();
  expect(world.laws.breaches).toEqual([]);
});

it("moves a workload to the edge and brings it back exactly as it was", async () => {
  world = await given.cluster({ deployment: "checkout", replicas: 3, edgeFunction: checkoutOnWorkerd });
  await expect(world).toServe("checkout", { from: "origin", lost: 0 });
  const prober = startProber(world, "checkout");
  world.startOperator();
  await world.untilOffloaded();
  expect(world.liveDeployment()?.spec.replicas).toBe(0);
  await expect(world).toServe("checkout", { from: "edge", lost: 0 });
  await world.delete("ef/checkout");
  await expect(world).toServe("checkout", { from: "origin", lost: 0 });
  expect(world.deployment("checkout")).toEqual(world.before("checkout"));
  expect(world.service("checkout")).toEqual(world.before("service/checkout"));
  await world.until("no object of Ebb is left", () => world.ebbObjects().length === 0);
  const { lost, bodies } = await prober.stop();
  expect(lost).toEqual([]);
  expect([...bodies.keys()].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["edge", "origin"]);
});
