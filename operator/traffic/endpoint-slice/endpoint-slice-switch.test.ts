/** The switch on a fake cluster: real HTTP to the API, to gateways and through them. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namespace, startTrafficWorld, type TrafficWorld } from "../../../test/kit/traffic-world.ts";
import { inSlicesCondition } from "../../api/v1alpha1/names.ts";
import { configMaps, pods, services } from "../../kube/objects.ts";
import { readEntries } from "../gateway/entry.ts";
import { answerWith } from "../../../test/kit/fake-apiserver/fault.ts";
import type { RoutedFunction } from "../switch.ts";

let world: TrafficWorld;

beforeEach(async () => {
  world = await startTrafficWorld(231);
});
afterEach(() => world.stop());

const gatewayRef = { namespace, name: "ebb-gateway" };

function attach(fn: RoutedFunction) {
  const { trafficSwitch } = world.restart();
  return world.until(() => trafficSwitch.attach(fn));
}

describe("attach", () => {
  it("puts both gateway pods beside the workload's, all still answered by the workload", async () => {
    const fn = world.routed("till");
    await attach(fn);
    expect(world.ownSlices("till")).toHaveLength(2);
    expect(await world.answers("till")).toEqual(["workload", "workload", "workload", "workload"]);
    const state = await world.restart().trafficSwitch.observe(fn.identity, "till");
    expect(state).toEqual({ weight: 0, confirmedWeight: 0, edgePercent: 0 });
  });

  it("gives each slice its pod as owner and target, and the Service's port name", async () => {
    const fn = world.routed("till");
    await attach(fn);
    for (const slice of world.ownSlices("till")) {
      const [endpoint] = slice.endpoints ?? [];
      const pod = world.server.read(pods, { namespace, name: endpoint?.targetRef?.name ?? "" });
      expect(slice.metadata.ownerReferences).toMatchObject([{ kind: "Pod", uid: pod?.metadata.uid }]);
      expect(endpoint).toMatchObject({
        addresses: [pod?.status?.podIP],
        conditions: { ready: true, terminating: false },
      });
      expect(slice.ports).toEqual([{ name: "web", port: 20_000, protocol: "TCP" }]);
    }
  });

  it("makes gateway pods ready only when they are in the slices", async () => {
    await attach(world.routed("till"));
    const gateways = world.server
      .readAll(pods, namespace)
      .filter(({ spec }) => spec.readinessGates !== undefined);
    expect(gateways).toHaveLength(2);
    for (const pod of gateways) {
      expect(pod.status?.conditions).toContainEqual(
        expect.objectContaining({ type: inSlicesCondition, status: "True" }),
      );
    }
  });

  it("writes nothing when all is as it should be", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const { trafficSwitch, sliceLoop } = world.restart();
    await world.until(() => sliceLoop.reconcile(namespace));
    const before = world.server.writes.length;
    await world.until(() => trafficSwitch.attach(fn));
    await world.until(() => trafficSwitch.shift(fn, 0));
    await world.until(() => sliceLoop.reconcile(namespace));
    expect(world.server.writes.slice(before)).toEqual([]);
  });

  it("refuses a port that belongs to another function", async () => {
    await attach(world.routed("till"));
    const outcome = await world.restart().trafficSwitch.attach(world.routed("cart"));
    expect(outcome).toMatchObject({ done: false, reason: "PortTaken" });
  });

  it("leaves a ConfigMap of the gateway's name that is not Ebb's alone, and leaves past it", async () => {
    const fn = world.routed("till");
    const theirs = world.server.put(configMaps, { metadata: gatewayRef, data: { a: "1" } });
    const { trafficSwitch, sliceLoop } = world.restart();
    expect(await trafficSwitch.attach(fn)).toMatchObject({
      done: false,
      reason: "NameTaken",
      message: expect.stringContaining("ConfigMap ebb-gateway"),
    });
    expect(await sliceLoop.reconcile(namespace)).toEqual({ done: true });
    await world.until(() => trafficSwitch.shift(fn, 0));
    await world.until(() => trafficSwitch.detach(fn.identity, 0));
    expect(world.server.read(configMaps, gatewayRef)).toEqual(theirs);
  });

  it("leaves an origin Service that is not Ebb's alone", async () => {
    const fn = world.routed("till");
    const name = `ebb-origin-${fn.identity.key.slice(3)}`;
    const theirs = world.server.put(services, {
      metadata: { namespace, name },
      spec: { ports: [{ port: 80 }], selector: { app: "other" } },
    });
    const outcome = await world.restart().trafficSwitch.attach(fn);
    expect(outcome).toMatchObject({ done: false, reason: "NameTaken" });
    expect(world.server.read(services, { namespace, name })).toEqual(theirs);
  });

  it("gives another Service slices of its own and takes the former's afterwards", async () => {
    const fn = world.routed("till");
    await attach(fn);
    world.routed("cart");
    const counts: string[] = [];
    const stop = world.server.onChange(({ object }) => {
      if (object.kind === "EndpointSlice")
        counts.push(`${world.ownSlices("till").length} ${world.ownSlices("cart").length}`);
    });
    await attach({ ...fn, service: { ...fn.service, name: "cart" } });
    const { sliceLoop } = world.restart();
    await world.until(() => sliceLoop.reconcile(namespace));
    stop();
    const own = counts.filter((count, index) => count !== counts[index - 1] && count !== "2 0");
    expect(own).toEqual(["2 1", "2 2", "1 2", "0 2"]);
  });

  it("follows a changed selector with the origin Service", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const selector = { app: "till", track: "stable" };
    await attach({ ...fn, service: { ...fn.service, selector } });
    const origin = { namespace, name: `ebb-origin-${fn.identity.key.slice(3)}` };
    expect(world.server.read(services, origin)?.spec.selector).toEqual(selector);
    await attach(fn);
    expect(world.server.read(services, origin)?.spec.selector).toEqual(fn.service.selector);
  });
});

describe("shift", () => {
  it("moves the gateways to the edge and back", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const { trafficSwitch } = world.restart();
    await world.until(() => trafficSwitch.shift(fn, 100));
    expect((await world.answers("till")).toSorted()).toEqual(["edge", "edge", "workload", "workload"]);
    expect(await trafficSwitch.observe(fn.identity, "till")).toEqual({
      weight: 100,
      confirmedWeight: 100,
      edgePercent: 50,
    });
    await world.until(() => trafficSwitch.shift(fn, 0));
    expect(await world.answers("till")).toEqual(["workload", "workload", "workload", "workload"]);
  });

  it("moves to another edge host in three writes, never naming a cluster that is not there", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const { trafficSwitch } = world.restart();
    await world.until(() => trafficSwitch.shift(fn, 100));
    const paths: number[] = [];
    const stop = world.server.onChange(({ object }) => {
      if (object.kind !== "ConfigMap") return;
      paths.push(readEntries(world.server.read(configMaps, gatewayRef)?.data)[0]?.paths.length ?? 0);
    });
    const other = { ...fn, upstream: { ...fn.upstream, port: 8099 } };
    const outcomes = await world.until(() => trafficSwitch.shift(other, 100));
    stop();
    expect(paths).toEqual([2, 2, 1]);
    expect(outcomes.map((outcome) => (outcome.done ? "done" : outcome.reason))).toContain("Tidying");
  });

  it("does not say done before the gateway pods have confirmed", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const release = world.server.onRequest(({ verb, kind }) =>
      verb === "patch" && kind.plural === "pods" ? answerWith(403, "Forbidden") : undefined,
    );
    const { trafficSwitch } = world.restart();
    expect(await trafficSwitch.shift(fn, 100)).toMatchObject({ done: false, reason: "Confirming" });
    const state = await trafficSwitch.observe(fn.identity, "till");
    expect(state).toMatchObject({ weight: 100, confirmedWeight: 0 });
    release();
    await world.until(() => trafficSwitch.shift(fn, 100));
    expect(await trafficSwitch.observe(fn.identity, "till")).toMatchObject({ confirmedWeight: 100 });
  });

  it("passes over a gateway pod that does not confirm, on the way back only", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const before = world.restart();
    await world.until(() => before.trafficSwitch.shift(fn, 100));
    // Nothing makes the kubelets refresh their mounts.
    world.server.onRequest(({ verb, kind }) =>
      verb === "patch" && kind.plural === "pods" ? answerWith(403, "Forbidden") : undefined,
    );
    const { trafficSwitch } = world.restart();
    expect(await trafficSwitch.shift(fn, 0)).toMatchObject({ done: false });
    world.clock.skip(60_000);
    expect(await trafficSwitch.shift(fn, 50)).toMatchObject({ done: false });
    expect(await trafficSwitch.shift(fn, 0)).toMatchObject({ done: false });
    world.clock.skip(120_000);
    expect(await trafficSwitch.shift(fn, 50)).toMatchObject({ done: false });
    expect(await trafficSwitch.shift(fn, 0)).toEqual({ done: true });
    expect(await trafficSwitch.observe(fn.identity, "till")).toMatchObject({ weight: 0 });
  });

  it("asks for a function that is not attached to be attached first", async () => {
    const fn = world.routed("till");
    const { trafficSwitch } = world.restart();
    expect(await trafficSwitch.shift(fn, 100)).toMatchObject({ done: false, reason: "NotAttached" });
    expect(await trafficSwitch.shift(fn, 0)).toEqual({ done: true });
  });
});

describe("the slice loop", () => {
  it("puts the replacement of a gateway pod into the slices before the Deployment takes it for ready", async () => {
    const fn = world.routed("till");
    await attach(fn);
    const [slice] = world.ownSlices("till");
    const name = slice?.endpoints?.[0]?.targetRef?.name ?? "";
    world.server.remove(pods, { namespace, name });
    const { sliceLoop } = world.restart();
    await expect
      .poll(async () => {
        await sliceLoop.reconcile(namespace);
        const ready = world.ownSlices("till").filter(({ endpoints }) => endpoints?.[0]?.conditions?.ready);
        return ready.map(({ endpoints }) => endpoints?.[0]?.targetRef?.name).filter((pod) => pod !== name)
          .length;
      })
      .toBe(2);
  });
});
