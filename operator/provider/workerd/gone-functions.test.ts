import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namespace, worker, WorkerdWorld } from "../../../test/kit/workerd-world.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { labels } from "../../api/v1alpha1/names.ts";
import { edgeFunctions } from "../../kube/edge-objects.ts";
import { configMaps, deployments, endpointSlices } from "../../kube/objects.ts";

describe("a pool whose EdgeFunctions are gone", () => {
  let world: WorkerdWorld;
  let checkout: FunctionIdentity;
  const keys = () => Object.keys(world.server.read(configMaps, { namespace, name: "ebb-pool" })?.data ?? {});

  async function settle(times: number): Promise<void> {
    for (let pass = 0; pass < times; pass += 1) await world.operator.loop.reconcile(namespace);
  }

  beforeEach(async () => {
    world = await WorkerdWorld.start();
    checkout = world.identity("checkout");
    await world.operator.provider.publish(checkout, worker("one"));
    await world.operator.provider.publish(world.identity("cart"), worker("two"));
  });

  afterEach(async () => {
    await world.stop();
  });

  it("lets go of those alone that have none", async () => {
    world.server.remove(edgeFunctions, { namespace, name: "checkout" });
    expect(await world.operator.loop.reconcile(namespace)).toMatchObject({ reason: "Retiring" });
    expect(keys()).toEqual([`${world.identity("cart").key}.json`]);
  });

  it("goes with the last", async () => {
    world.server.remove(edgeFunctions, { namespace, name: "checkout" });
    world.server.remove(edgeFunctions, { namespace, name: "cart" });
    await settle(3);
    expect(world.server.read(configMaps, { namespace, name: "ebb-pool" })).toBeUndefined();
  });

  it("does not believe a cache that lacks one", async () => {
    const behind = world.another({ edgeFunctions: { get: () => undefined, list: () => [] } });
    await behind.loop.reconcile(namespace);
    expect(keys()).toHaveLength(2);
  });

  it("keeps one to which a slice still leads", async () => {
    const slice = { namespace, name: "slice", labels: { [labels.function]: checkout.key } };
    world.server.put(endpointSlices, { metadata: slice, addressType: "IPv4", endpoints: [] });
    world.server.remove(edgeFunctions, { namespace, name: "checkout" });
    expect(await world.operator.loop.reconcile(namespace)).toMatchObject({ reason: "Retiring" });
    expect(keys()).toHaveLength(2);
    world.server.remove(endpointSlices, { namespace, name: "slice" });
    await settle(1);
    expect(keys()).toHaveLength(1);
  });

  it("is not let go for one that was made anew under the same name", async () => {
    world.server.remove(edgeFunctions, { namespace, name: "checkout" });
    const again = world.identity("checkout");
    await world.operator.provider.publish(again, worker("one"));
    await settle(2);
    expect(keys().toSorted()).toEqual([`${again.key}.json`, `${world.identity("cart").key}.json`].toSorted());
  });
});

describe("a namespace on its way out", () => {
  it("is asked for nothing new", async () => {
    const world = await WorkerdWorld.start();
    const checkout = world.identity("checkout");
    await world.operator.provider.publish(checkout, worker("one"));
    world.server.remove(deployments, { namespace, name: "ebb-pool" });
    const leaving = { metadata: { name: namespace, deletionTimestamp: "2026-01-01T00:00:00Z" } };
    const late = world.another({ namespaces: { get: () => leaving, list: () => [leaving] } });
    const before = world.server.writes.length;
    expect(await late.loop.reconcile(namespace)).toEqual({ done: true });
    expect(await late.provider.publish(checkout, worker("two"))).toMatchObject({
      reason: "NamespaceTerminating",
    });
    expect(world.server.writes).toHaveLength(before);
    expect(await late.provider.retire(checkout)).toEqual({ done: true });
    await world.stop();
  });
});
