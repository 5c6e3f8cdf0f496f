import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeApiServer } from "../../../test/kit/fake-apiserver/fake-api-server.ts";
import type { FakePool } from "../../../test/kit/fake-pool.ts";
import { poolSpec } from "../../../test/kit/workerd-operator.ts";
import { namespace, worker, workerOf, WorkerdWorld } from "../../../test/kit/workerd-world.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { systemClock } from "../../api/system-clock.ts";
import { ports } from "../../api/v1alpha1/names.ts";
import {
  configMaps,
  deployments,
  podDisruptionBudgets,
  secrets,
  serviceAccounts,
  services,
} from "../../kube/objects.ts";
import type { KubeObject } from "../../kube/resource.ts";
import type { Workerd } from "./create-workerd-provider.ts";
import { decodeSecret } from "./secret-data.ts";

const addresses = ["127.63.0.1", "127.63.0.2"];

describe("the workerd provider", () => {
  let world: WorkerdWorld;
  let server: FakeApiServer;
  let operator: Workerd;
  let running: Map<string, FakePool>;
  let checkout: FunctionIdentity;
  const artifact = worker("one");
  const version = () => operator.provider.version(artifact);

  const seen = () => {
    const { template } = server.read(deployments, { namespace, name: "ebb-pool" })?.spec ?? {};
    const secret = server.read(secrets, { namespace, name: "ebb-pool-tls" });
    return { rolled: template?.metadata?.annotations, certificate: secret?.data?.["tls.crt"] };
  };

  async function startPods(): Promise<void> {
    await Promise.all(addresses.map((address, index) => world.startPod(`pool-${index}`, address)));
  }

  beforeEach(async () => {
    world = await WorkerdWorld.start();
    ({ server, operator, running } = world);
    checkout = world.identity("checkout");
  });

  afterEach(async () => {
    await world.stop();
  });

  it("makes the whole pool with the first function", async () => {
    expect(await operator.provider.publish(checkout, artifact)).toMatchObject({
      done: false,
      reason: "PoolStarting",
    });
    for (const resource of [
      deployments,
      services,
      serviceAccounts,
      podDisruptionBudgets,
      configMaps,
    ] as const) {
      expect(server.read<KubeObject>(resource, { namespace, name: "ebb-pool" })).toBeDefined();
    }
    const names = Object.keys(server.read(secrets, { namespace: "ebb-system", name: "ebb-ca" })?.data ?? {});
    expect(names.toSorted()).toEqual(["client-ca.crt", "client-ca.key", "server-ca.crt", "server-ca.key"]);
  });

  it("is done when every ready pod has loaded the version", async () => {
    await operator.provider.publish(checkout, artifact);
    await startPods();
    expect(await operator.provider.publish(checkout, artifact)).toEqual({ done: true });
    expect([...running.values()].map((pool) => pool.loaded())).toEqual(
      addresses.map(() => [`${checkout.key}/${version()}`]),
    );
    const { headers } = operator.provider.upstream(checkout, version());
    const answer = await fetch(`http://${addresses[0]}:${ports.poolHttp}/`, { headers });
    expect(await answer.text()).toBe("one");
  });

  it("writes nothing once all is as it should be", async () => {
    await operator.provider.publish(checkout, artifact);
    await startPods();
    await operator.provider.publish(checkout, artifact);
    const before = server.writes.length;
    const fresh = world.another();
    expect(await fresh.provider.publish(checkout, artifact)).toEqual({ done: true });
    expect(await fresh.loop.reconcile(namespace)).toEqual({ done: true });
    expect(await fresh.provider.observe(checkout, version())).toEqual({ done: true });
    expect(server.writes.length).toBe(before);
  });

  it("brings a new pod up to date from another pod, with an empty memory", async () => {
    await operator.provider.publish(checkout, artifact);
    await world.startPod("pool-0", addresses[0] ?? "");
    await operator.provider.publish(checkout, artifact);
    const fresh = world.another();
    await world.startPod("pool-1", addresses[1] ?? "");
    expect(await fresh.loop.reconcile(namespace)).toEqual({ done: true });
    expect(running.get("pool-1")?.loaded()).toEqual([`${checkout.key}/${version()}`]);
  });

  it("asks for the module's bytes only when a pod lacks them, and takes them from a pod when they cannot be had", async () => {
    const away = new Error("the registry is away");
    const unread = { ...artifact, bytes: () => Promise.reject(away) };
    await expect(operator.provider.publish(checkout, unread)).rejects.toBe(away);
    await operator.provider.publish(checkout, artifact);
    await world.startPod("pool-0", addresses[0] ?? "");
    await operator.provider.publish(checkout, artifact);
    const fresh = world.another();
    expect(await fresh.provider.publish(checkout, unread)).toEqual({ done: true });
    await world.startPod("pool-1", addresses[1] ?? "");
    expect(await fresh.provider.publish(checkout, unread)).toEqual({ done: true });
    expect(running.get("pool-1")?.loaded()).toEqual([`${checkout.key}/${version()}`]);
    await expect(fresh.provider.publish(world.identity("cart"), unread)).resolves.toEqual({ done: true });
  });

  it("says which pod does not answer", async () => {
    await operator.provider.publish(checkout, artifact);
    await startPods();
    await running.get("pool-1")?.stop();
    const outcome = await operator.provider.publish(checkout, artifact);
    expect(outcome).toMatchObject({ done: false, reason: "Publishing" });
    expect(outcome.done ? "" : outcome.message).toMatch(/^Pod pool-1 .* ECONNREFUSED\.$/);
    expect(running.get("pool-0")?.loaded()).toEqual([`${checkout.key}/${version()}`]);
  });

  it("gives the reason of a module that cannot be loaded, and publishes the others", async () => {
    const broken = workerOf("export default {{{");
    await operator.provider.publish(checkout, artifact);
    await startPods();
    const outcome = await operator.provider.publish(world.identity("broken"), broken);
    expect(outcome).toMatchObject({ done: false, reason: "ModuleLoadFailed" });
    expect(await operator.provider.publish(checkout, artifact)).toEqual({ done: true });
    expect(await operator.provider.retire(world.identity("broken"))).toEqual({ done: true });
  });

  it("keeps both versions until it is told which one stays", async () => {
    await operator.provider.publish(checkout, artifact);
    await startPods();
    const next = worker("two");
    expect(await operator.provider.publish(checkout, next)).toEqual({ done: true });
    expect(running.get("pool-0")?.loaded()).toHaveLength(2);
    expect(await operator.provider.keepOnly(checkout, operator.provider.version(next))).toEqual({
      done: true,
    });
    expect(running.get("pool-0")?.loaded()).toEqual([`${checkout.key}/${operator.provider.version(next)}`]);
  });

  it("takes the pool away with the last function only", async () => {
    await operator.provider.publish(checkout, artifact);
    await startPods();
    await operator.provider.publish(world.identity("cart"), worker("cart"));
    expect(await operator.provider.retire(checkout)).toEqual({ done: true });
    expect(server.read(deployments, { namespace, name: "ebb-pool" })).toBeDefined();
    expect(await operator.provider.retire(world.identity("cart"))).toEqual({ done: true });
    for (const resource of [
      configMaps,
      deployments,
      services,
      serviceAccounts,
      podDisruptionBudgets,
    ] as const) {
      await expect
        .poll(() => server.read<KubeObject>(resource, { namespace, name: "ebb-pool" }))
        .toBeUndefined();
    }
    await expect.poll(() => server.read(secrets, { namespace, name: "ebb-pool-tls" })).toBeUndefined();
    expect(await operator.provider.retire(checkout)).toEqual({ done: true });
  });

  it("loses no function when two operators publish at once", async () => {
    const other = world.another();
    const names = Array.from({ length: 10 }, (_, index) => `fn-${index}`);
    const publishOn = (on: Workerd) =>
      names.map((name) => on.provider.publish(world.identity(name), worker(name)));
    const settle = async () => Promise.all([...publishOn(operator), ...publishOn(other)]);
    await settle();
    await settle();
    expect(Object.keys(server.read(configMaps, { namespace, name: "ebb-pool" })?.data ?? {})).toHaveLength(
      10,
    );
  });

  it("renews the pool's certificate in time, and rolls the pods to it", async () => {
    let now = Date.now();
    const later = world.another({ clock: { ...systemClock, now: () => now } });
    await later.provider.publish(checkout, artifact);
    const first = seen();
    now += 30 * 86_400_000;
    await later.loop.reconcile(namespace);
    expect(seen()).toEqual(first);
    now += 31 * 86_400_000;
    await later.loop.reconcile(namespace);
    expect(seen().certificate).not.toBe(first.certificate);
    expect(seen().rolled).not.toEqual(first.rolled);
  });

  it("puts no key into the objects that others may read", async () => {
    await operator.provider.publish(checkout, artifact);
    const authority = decodeSecret(
      server.read(secrets, { namespace: "ebb-system", name: "ebb-ca" }) ?? { metadata: { name: "" } },
    );
    const tls = decodeSecret(
      server.read(secrets, { namespace, name: "ebb-pool-tls" }) ?? { metadata: { name: "" } },
    );
    expect(Object.values(tls)).not.toContain(authority["server-ca.key"]);
    const readable = JSON.stringify([server.readAll(configMaps), server.readAll(deployments)]);
    expect(readable).not.toContain("PRIVATE KEY");
  });

  it("applies a changed target to the pool", async () => {
    let replicas = 2;
    const changing = world.another({ poolSpec: () => poolSpec(replicas) });
    await changing.provider.publish(checkout, artifact);
    replicas = 3;
    await changing.loop.reconcile(namespace);
    expect(server.read(deployments, { namespace, name: "ebb-pool" })?.spec.replicas).toBe(3);
  });
});
