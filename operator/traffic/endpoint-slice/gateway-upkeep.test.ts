/** What becomes of a gateway whose objects people change or delete, on a fake cluster. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namespace, startTrafficWorld, type TrafficWorld } from "../../../test/kit/traffic-world.ts";
import { edgeFunctions } from "../../kube/edge-objects.ts";
import { configMaps, deployments } from "../../kube/objects.ts";
import { readEntries } from "../gateway/entry.ts";
import type { RoutedFunction } from "../switch.ts";

let world: TrafficWorld;

beforeEach(async () => {
  world = await startTrafficWorld(232);
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

async function writtenBack(loop: () => Promise<unknown>, fns: readonly RoutedFunction[]): Promise<void> {
  await expect
    .poll(async () => {
      await loop();
      return fns.map(stageOf);
    })
    .toEqual(fns.map(() => "serving"));
}

describe("a gateway configuration that somebody removes", () => {
  it.each(["the ConfigMap", "one entry"])("comes back as it was after %s is deleted", async (what) => {
    const till = world.routed("till");
    const cart = world.routed("cart", { gateway: { name: "ebb-gateway", port: 20_001 } });
    await attach(till);
    await attach(cart);
    const { trafficSwitch, sliceLoop } = world.restart();
    await world.until(() => trafficSwitch.shift(till, 100));
    await world.until(() => trafficSwitch.shift(cart, 100));
    const files: string[][] = [];
    const stop = world.server.onChange(({ object }) => {
      if (object.kind === "ConfigMap" && object.metadata.name === gatewayRef.name)
        files.push(readEntries(world.server.read(configMaps, gatewayRef)?.data).map(({ name }) => name));
    });
    const slices = world.ownSlices("till").map(({ metadata }) => metadata.uid);
    if (what === "one entry") {
      world.server.change(configMaps, gatewayRef, ({ data = {}, ...live }) => {
        const { [`entry-${till.identity.key}.json`]: _, ...rest } = data;
        return { ...live, data: rest };
      });
    } else world.server.remove(configMaps, gatewayRef);
    await writtenBack(() => sliceLoop.reconcile(namespace), [till, cart]);
    stop();
    expect(files.at(-1)?.toSorted()).toEqual(["cart", "till"]);
    expect(files.filter((names) => names.length === 1)).toHaveLength(what === "one entry" ? 1 : 0);
    expect(world.ownSlices("till").map(({ metadata }) => metadata.uid)).toEqual(slices);
    expect(await trafficSwitch.observe(till.identity, "till")).toMatchObject({ weight: 100 });
    expect(await world.answers("till")).toContain("edge");
  });

  it("comes back in one write from what status tells when the operator has restarted", async () => {
    const till = world.routed("till");
    const cart = world.routed("cart", { gateway: { name: "ebb-gateway", port: 20_001 } });
    await attach(till);
    await attach(cart);
    const before = world.restart();
    await world.until(() => before.trafficSwitch.shift(till, 100));
    await world.until(() => before.trafficSwitch.shift(cart, 100));
    world.server.remove(configMaps, gatewayRef);
    const { trafficSwitch, sliceLoop } = world.restart();
    await world.until(() => sliceLoop.reconcile(namespace));
    expect(world.ownSlices("till")).toHaveLength(2);
    const names: number[] = [];
    const stop = world.server.onChange(({ object }) => {
      if (object.kind === "ConfigMap" && object.metadata.name === gatewayRef.name)
        names.push(readEntries(world.server.read(configMaps, gatewayRef)?.data).length);
    });
    await Promise.all([till, cart].map((fn) => trafficSwitch.attach({ ...fn, restoreWeight: 100 })));
    stop();
    expect(names).toEqual([2]);
    expect([till, cart].map(stageOf)).toEqual(["serving", "serving"]);
    expect(await world.answers("till")).toContain("edge");
    expect(world.ownSlices("till")).toHaveLength(2);
  });

  it("never closes the port of a function that slices lead to", async () => {
    const fn = world.routed("till");
    await attach(fn);
    world.server.remove(configMaps, gatewayRef);
    const stages: (string | undefined)[] = [];
    const stop = world.server.onChange(() => stages.push(stageOf(fn)));
    await attach(fn);
    stop();
    expect([...new Set(stages)].filter((stage) => stage !== undefined)).toEqual(["serving"]);
  });

  it("stays away once its function has left the gateway", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const { trafficSwitch, sliceLoop } = world.restart();
    await world.until(() => trafficSwitch.shift(fn, 0));
    world.server.remove(configMaps, gatewayRef);
    await world.until(() => trafficSwitch.detach(fn.identity, 0));
    await world.until(() => sliceLoop.reconcile(namespace));
    expect(world.server.read(configMaps, gatewayRef)).toBeUndefined();
    expect(world.server.read(deployments, gatewayRef)).toBeUndefined();
    expect(world.ownSlices("till")).toEqual([]);
  });
});

describe("a gateway whose functions' own passes stop early", () => {
  it("gets its Deployment back from the slice loop alone", async () => {
    await attach(world.routed("till"));
    const { sliceLoop } = world.restart();
    await world.until(() => sliceLoop.reconcile(namespace));
    const { uid } = world.server.read(deployments, gatewayRef)?.metadata ?? {};
    world.server.remove(deployments, gatewayRef);
    await expect
      .poll(async () => {
        await sliceLoop.reconcile(namespace);
        return world.server.read(deployments, gatewayRef)?.metadata.uid ?? uid;
      })
      .not.toBe(uid);
  });

  it("is rendered again by another version of Ebb", async () => {
    await attach(world.routed("till"));
    const rendered = world.server.read(configMaps, gatewayRef)?.data ?? {};
    const outdated = { ...rendered, "bootstrap.json": "{}", "lds.json": "{}" };
    world.server.change(configMaps, gatewayRef, (live) => ({ ...live, data: outdated }));
    const { sliceLoop } = world.restart();
    await expect
      .poll(async () => {
        await sliceLoop.reconcile(namespace);
        return world.server.read(configMaps, gatewayRef)?.data;
      })
      .toEqual(rendered);
  });
});

describe("a function that is gone without having left the gateway", () => {
  it("leaves step by step, with its gateway when it was the last", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const { trafficSwitch, sliceLoop } = world.restart();
    await world.until(() => trafficSwitch.shift(fn, 100));
    world.server.remove(edgeFunctions, { namespace, name: "till" });
    const seen: string[] = [];
    await expect
      .poll(
        async () => {
          await sliceLoop.reconcile(namespace);
          seen.push(`${stageOf(fn)} ${world.ownSlices("till").length}`);
          return stageOf(fn);
        },
        { timeout: 30_000, interval: 5 },
      )
      .toBeUndefined();
    await world.until(() => sliceLoop.reconcile(namespace));
    expect([...new Set(seen)].filter((step) => /^(leaving|draining|closing)/.test(step))).toEqual([
      "leaving 2",
      "leaving 1",
      "leaving 0",
      "draining 0",
      "closing 0",
    ]);
    expect(world.server.read(configMaps, gatewayRef)).toBeUndefined();
    expect(world.server.read(deployments, gatewayRef)).toBeUndefined();
    expect(await world.answers("till")).toEqual(["workload", "workload"]);
  });

  it("stays while nothing else answers for its Service", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const { trafficSwitch, sliceLoop } = world.restart();
    await world.until(() => trafficSwitch.shift(fn, 100));
    const scale = (replicas: number) =>
      world.server.change(deployments, { namespace, name: "till" }, (live) => ({
        ...live,
        spec: { ...live.spec, replicas },
      }));
    scale(0);
    await expect.poll(() => world.answers("till")).toEqual(["edge", "edge"]);
    const { edgeFunctions: functions, endpointSlices: slices } = world.stores;
    await expect.poll(() => slices.list(namespace).flatMap(({ endpoints = [] }) => endpoints).length).toBe(2);
    world.server.remove(edgeFunctions, { namespace, name: "till" });
    await expect.poll(() => functions.list(namespace)).toEqual([]);
    for (let runs = 0; runs < 3; runs += 1) await sliceLoop.reconcile(namespace);
    expect(stageOf(fn)).toBe("serving");
    expect(await world.answers("till")).toEqual(["edge", "edge"]);
    scale(2);
    await expect
      .poll(
        async () => {
          await sliceLoop.reconcile(namespace);
          return world.ownSlices("till").length;
        },
        { timeout: 30_000 },
      )
      .toBe(0);
    expect(await world.answers("till")).toEqual(["workload", "workload"]);
  });
});

it("asks for nothing when all is as it should be", async () => {
  await attach(world.routed("till"));
  const { sliceLoop } = world.restart();
  await world.until(() => sliceLoop.reconcile(namespace));
  const requests: string[] = [];
  const stop = world.server.onRequest(({ verb, kind }) => {
    if (verb !== "watch") requests.push(`${verb} ${kind.plural}`);
    return undefined;
  });
  for (let runs = 0; runs < 3; runs += 1) await sliceLoop.reconcile(namespace);
  stop();
  expect(requests).toEqual([]);
});
