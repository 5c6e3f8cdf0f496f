/** Functions of one namespace on two gateways, on a fake cluster. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { namespace, startTrafficWorld, type TrafficWorld } from "../../../test/kit/traffic-world.ts";
import { labels } from "../../api/v1alpha1/names.ts";
import { edgeFunctions } from "../../kube/edge-objects.ts";
import {
  configMaps,
  deployments,
  endpointSlices,
  podDisruptionBudgets,
  pods,
  serviceAccounts,
} from "../../kube/objects.ts";
import type { KubeObject } from "../../kube/resource.ts";
import { readEntries } from "../gateway/entry.ts";
import type { RoutedFunction } from "../switch.ts";
import { gatewayOf } from "./slices.ts";

let world: TrafficWorld;
let till: RoutedFunction;
let cart: RoutedFunction;

beforeEach(async () => {
  world = await startTrafficWorld(236);
  till = world.routed("till", { gateway: { name: "ebb-gateway", port: 20_000 } });
  cart = world.routed("cart", { gateway: { name: "ebb-gateway-2", port: 20_001 } });
  for (const fn of [till, cart]) {
    await storePlace(fn);
    const { trafficSwitch } = world.restart();
    await world.until(() => trafficSwitch.attach(fn));
  }
});
afterEach(() => world.stop());

/** As the steps do before anything uses it. */
async function storePlace({ identity: { name }, gateway }: RoutedFunction): Promise<void> {
  const ref = { namespace, name };
  world.server.change(edgeFunctions, ref, (live) => ({ ...live, status: { gateway } }), {
    subresource: "status",
  });
  const cached = (): unknown => world.stores.edgeFunctions.get(namespace, name)?.status?.gateway;
  await expect.poll(cached).toEqual(gateway);
}

function functionsOf(gateway: string): string[] {
  const config = world.server.read(configMaps, { namespace, name: gateway });
  return readEntries(config?.data).map(({ name }) => name);
}

function objectsOf(gateway: string): string[] {
  return [configMaps, deployments, podDisruptionBudgets, serviceAccounts].flatMap((kind) =>
    world.server.read<KubeObject>(kind, { namespace, name: gateway }) === undefined ? [] : kind.kind,
  );
}

const all = ["ConfigMap", "Deployment", "PodDisruptionBudget", "ServiceAccount"];

it("gives each gateway its own objects, functions, pods and slices", async () => {
  expect(["ebb-gateway", "ebb-gateway-2"].map(objectsOf)).toEqual([all, all]);
  expect(["ebb-gateway", "ebb-gateway-2"].map(functionsOf)).toEqual([["till"], ["cart"]]);
  for (const [service, gateway] of [
    ["till", "ebb-gateway"],
    ["cart", "ebb-gateway-2"],
  ] as const) {
    const slices = world.ownSlices(service);
    const owners = new Set(slices.map(({ metadata }) => metadata.ownerReferences?.[0]?.name ?? ""));
    expect(owners.size).toBe(2);
    for (const name of owners) {
      expect(world.server.read(pods, { namespace, name })?.metadata.labels?.[labels.name]).toBe(gateway);
    }
    expect(new Set(slices.map(gatewayOf))).toEqual(new Set([gateway]));
  }
});

it("moves each function's requests by its own gateway", async () => {
  const { trafficSwitch } = world.restart();
  await world.until(() => trafficSwitch.shift(cart, 100));
  expect(await world.answers("cart")).toContain("edge");
  expect(await world.answers("till")).not.toContain("edge");
  expect(await trafficSwitch.observe(cart.identity, "cart")).toMatchObject({ confirmedWeight: 100 });
});

it("removes the gateway that has no function left, and leaves the other", async () => {
  const { trafficSwitch } = world.restart();
  await world.until(() => trafficSwitch.detach(cart.identity, 0));
  expect(["ebb-gateway", "ebb-gateway-2"].map(objectsOf)).toEqual([all, []]);
  expect(world.ownSlices("cart")).toEqual([]);
  expect(functionsOf("ebb-gateway")).toEqual(["till"]);
  expect(world.ownSlices("till").length).toBeGreaterThan(0);
});

it("leaves a function with the gateway that it has when another is named", async () => {
  const { trafficSwitch } = world.restart();
  const moved = { ...cart, gateway: { name: "ebb-gateway", port: 20_005 } };
  await world.until(() => trafficSwitch.attach(moved));
  expect(["ebb-gateway", "ebb-gateway-2"].map(functionsOf)).toEqual([["till"], ["cart"]]);
});

it("takes both gateways down after functions whose finalizers were removed by hand", async () => {
  for (const name of ["till", "cart"]) world.server.remove(edgeFunctions, { namespace, name });
  const { sliceLoop } = world.restart();
  await world.until(async () => {
    await sliceLoop.reconcile(namespace);
    world.clock.skip(10_000);
    const left = ["ebb-gateway", "ebb-gateway-2"].flatMap(objectsOf);
    return left.length === 0 ? { done: true } : { done: false, reason: "Left", message: left.join(" ") };
  });
  const owned = world.server
    .readAll(endpointSlices, namespace)
    .filter(({ metadata }) => metadata.labels?.[labels.gateway]);
  expect(owned).toEqual([]);
});
