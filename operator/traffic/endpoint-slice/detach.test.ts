/** How a function leaves the gateway, on a fake cluster. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namespace, startTrafficWorld, type TrafficWorld } from "../../../test/kit/traffic-world.ts";
import {
  configMaps,
  deployments,
  podDisruptionBudgets,
  serviceAccounts,
  services,
} from "../../kube/objects.ts";
import { readEntries } from "../gateway/entry.ts";
import type { KubeObject } from "../../kube/resource.ts";
import type { RoutedFunction } from "../switch.ts";

let world: TrafficWorld;

beforeEach(async () => {
  world = await startTrafficWorld(233);
});
afterEach(() => world.stop());

const gatewayRef = { namespace, name: "ebb-gateway" };

function attach(fn: RoutedFunction) {
  const { trafficSwitch } = world.restart();
  return world.until(() => trafficSwitch.attach(fn));
}

function stageOf(fn: RoutedFunction): string | undefined {
  const entries = readEntries(world.server.read(configMaps, gatewayRef)?.data);
  return entries.find(({ key }) => key === fn.identity.key)?.stage;
}

describe("detach", () => {
  it("leaves nothing of the last function", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const { trafficSwitch } = world.restart();
    await world.until(() => trafficSwitch.detach(fn.identity, 0));
    expect(world.ownSlices("till")).toEqual([]);
    expect(world.server.readAll(services, namespace).map(({ metadata }) => metadata.name)).toEqual(["till"]);
    for (const kind of [configMaps, deployments, podDisruptionBudgets, serviceAccounts]) {
      expect(world.server.read<KubeObject>(kind, gatewayRef)).toBeUndefined();
    }
    await expect.poll(() => world.gateways.size).toBe(0);
  });

  it("goes on in another operator after every single call", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const stages: (string | undefined)[] = [];
    await world.until(async () => {
      const outcome = await world.restart().trafficSwitch.detach(fn.identity, 0);
      stages.push(stageOf(fn));
      return outcome;
    });
    expect([...new Set(stages)]).toEqual(["leaving", "draining", "closing", undefined]);
    expect(await world.answers("till")).toEqual(["workload", "workload"]);
  });

  it("removes at most one slice a call", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const counts: number[] = [];
    await world.until(async () => {
      const outcome = await world.restart().trafficSwitch.detach(fn.identity, 0);
      counts.push(world.ownSlices("till").length);
      return outcome;
    });
    expect([...new Set(counts)]).toEqual([2, 1, 0]);
  });

  it("gives callers 5 seconds to forget the gateway even without a drain period", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const { trafficSwitch } = world.restart();
    const since = new Map<string, number>();
    await world.until(async () => {
      const outcome = await trafficSwitch.detach(fn.identity, 0);
      const [entry] = readEntries(world.server.read(configMaps, gatewayRef)?.data);
      if (entry !== undefined) since.set(entry.stage, entry.since);
      return outcome;
    });
    expect((since.get("closing") ?? 0) - (since.get("draining") ?? Infinity)).toBeGreaterThanOrEqual(5000);
  });

  it("leaves the gateway to the functions that stay", async () => {
    const till = world.routed("till");
    const cart = world.routed("cart", { gateway: { name: "ebb-gateway", port: 20_001 } });
    await attach(till);
    await attach(cart);
    const { trafficSwitch } = world.restart();
    await world.until(() => trafficSwitch.shift(cart, 100));
    await world.until(() => trafficSwitch.detach(till.identity, 0));
    expect(stageOf(cart)).toBe("serving");
    expect(await world.answers("cart")).toContain("edge");
    expect(await world.answers("till")).toEqual(["workload", "workload"]);
  });

  it("is taken back by another attach", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const { trafficSwitch } = world.restart();
    while (stageOf(fn) !== "closing") await trafficSwitch.detach(fn.identity, 0);
    await attach(fn);
    expect(stageOf(fn)).toBe("serving");
    expect(world.ownSlices("till")).toHaveLength(2);
  });

  it("is done at once for a function that was never attached", async () => {
    const outcomes = await world.until(() =>
      world.restart().trafficSwitch.detach(world.routed("till").identity, 5),
    );
    expect(outcomes).toEqual([{ done: true }]);
    expect(world.server.writes).toEqual([]);
  });
});
