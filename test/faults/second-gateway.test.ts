/** The function that is one too many for a namespace's gateway: the whole way there and back by a second one. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { deployments } from "../../operator/kube/objects.ts";
import { mostFunctions } from "../../operator/traffic/gateway/render-config.ts";
import { checkoutOnWorkerd, namespace } from "./checkout.ts";
import { serving } from "./to-serve.ts";
import { given, type World } from "./world.ts";

expect.extend(serving);

let world: World;

beforeEach(async () => {
  world = await given.cluster({ deployment: "checkout", replicas: 2 });
  for (let index = 0; index < mostFunctions; index += 1) putNeighbour(index);
  world.apply("checkout", checkoutOnWorkerd);
  world.startOperator();
});

afterEach(async () => {
  const { breaches } = world.laws;
  await world.end();
  expect(breaches).toEqual([]);
});

/** A function that has a place on the first gateway, and is left alone. */
function putNeighbour(index: number): void {
  const ref = { namespace, name: `neighbour-${index}` };
  world.apply(ref.name, { ...checkoutOnWorkerd, suspend: true, workloadRef: { name: ref.name } });
  const gateway = { name: "ebb-gateway", port: 20_000 + index };
  world.server.change(edgeFunctions, ref, (live) => ({ ...live, status: { gateway } }), {
    subresource: "status",
  });
}

it("is served by the second gateway, which goes with it", async () => {
  await world.untilOffloaded();
  expect(world.edgeFunction()?.status?.gateway).toEqual({
    name: "ebb-gateway-2",
    port: 20_000 + mostFunctions,
  });
  const gateways = world.server
    .readAll(deployments, namespace)
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.startsWith("ebb-gateway"));
  expect(gateways).toEqual(["ebb-gateway-2"]);
  await expect(world).toServe("checkout", { from: "edge", lost: 0 });
  await world.restartOperator();
  await world.untilOffloaded();
  await world.delete("ef/checkout");
  await world.until("no object of Ebb is left", () => world.ebbObjects().length === 0);
  await expect(world).toServe("checkout", { from: "origin", lost: 0 });
});
