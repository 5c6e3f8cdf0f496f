import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namespace, worker, WorkerdWorld } from "../../../test/kit/workerd-world.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { configMaps, deployments, secrets, services } from "../../kube/objects.ts";
import type { Resource } from "../../kube/resource.ts";

interface Foreign {
  readonly kind: string;
  readonly resource: Resource;
  readonly name: string;
  readonly object: Readonly<Record<string, unknown>>;
}

const template = {
  metadata: { labels: { app: "mine" } },
  spec: { containers: [{ name: "mine", image: "mine:1" }] },
};
const foreign: readonly Foreign[] = [
  { kind: "ConfigMap", resource: configMaps, name: "ebb-pool", object: { data: { mine: "1" } } },
  {
    kind: "Service",
    resource: services,
    name: "ebb-pool",
    object: { spec: { clusterIP: "None", ports: [{ port: 1 }] } },
  },
  {
    kind: "Deployment",
    resource: deployments,
    name: "ebb-pool",
    object: { spec: { selector: { matchLabels: { app: "mine" } }, template } },
  },
  { kind: "Secret", resource: secrets, name: "ebb-pool-tls", object: { data: { mine: "MQ==" } } },
];

describe.each(foreign)("a foreign $kind $name", ({ kind, resource, name, object }) => {
  let world: WorkerdWorld;
  let checkout: FunctionIdentity;
  const apiVersion = resource === deployments ? "apps/v1" : "v1";
  const read = () => world.server.read(resource, { namespace, name });
  const put = () =>
    world.server.put(resource, { apiVersion, kind, metadata: { namespace, name }, ...object });

  beforeEach(async () => {
    world = await WorkerdWorld.start();
    checkout = world.identity("checkout");
  });

  afterEach(async () => {
    await world.stop();
  });

  it("is named on the way forward, and left alone", async () => {
    put();
    const before = read();
    const outcome = await world.operator.provider.publish(checkout, worker("one"));
    expect(outcome).toMatchObject({ done: false, reason: "NameTaken" });
    expect(outcome.done ? "" : outcome.message).toContain(`${kind} ${name} in namespace ${namespace}`);
    expect(read()).toEqual(before);
  });

  it("is nothing of ours on the way back", async () => {
    put();
    const before = read();
    await world.operator.provider.publish(checkout, worker("one"));
    expect(await world.operator.provider.retire(checkout)).toEqual({ done: true });
    expect(read()).toEqual(before);
  });

  it("does not keep one function of several", async () => {
    put();
    await world.operator.provider.publish(checkout, worker("one"));
    await world.operator.provider.publish(world.identity("cart"), worker("two"));
    expect(await world.operator.provider.retire(checkout)).toEqual({ done: true });
  });

  it("is no trouble any more once it is gone", async () => {
    put();
    await world.operator.provider.publish(checkout, worker("one"));
    world.server.remove(resource, { namespace, name });
    expect(await world.operator.provider.publish(checkout, worker("one"))).toMatchObject({
      reason: "PoolStarting",
    });
    expect(read()?.metadata.labels).toMatchObject({ "app.kubernetes.io/managed-by": "ebb" });
  });
});

describe("a foreign object in the place of one that Ebb made", () => {
  it("is named, while the pods that are there are kept up to date", async () => {
    const world = await WorkerdWorld.start();
    await world.operator.provider.publish(world.identity("checkout"), worker("one"));
    await world.startPod("pool-0", "127.63.1.1");
    world.server.remove(services, { namespace, name: "ebb-pool" });
    world.server.put(services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace, name: "ebb-pool" },
      spec: { clusterIP: "None", ports: [{ port: 1 }] },
    });
    const other = world.another();
    expect(await other.provider.publish(world.identity("checkout"), worker("one"))).toMatchObject({
      reason: "NameTaken",
    });
    expect(await other.loop.reconcile(namespace)).toMatchObject({ reason: "NameTaken" });
    expect(world.running.get("pool-0")?.loaded()).toHaveLength(1);
    await world.stop();
  });
});

describe("a foreign Secret ebb-pool-env", () => {
  it("is named when a module gets a value from a Secret, and left alone", async () => {
    const world = await WorkerdWorld.start();
    const ref = { namespace, name: "ebb-pool-env" };
    world.server.put(secrets, { metadata: ref, data: { mine: "MQ==" } });
    const before = world.server.read(secrets, ref);
    const checkout = world.identity("checkout");
    expect(await world.operator.provider.publish(checkout, worker("one"))).toMatchObject({
      reason: "PoolStarting",
    });
    const secretEnv = { TOKEN: { value: "hidden", revision: "keys/token@1" } };
    const outcome = await world.operator.provider.publish(checkout, { ...worker("one"), secretEnv });
    expect(outcome).toMatchObject({
      done: false,
      reason: "NameTaken",
      message: expect.stringContaining("Secret ebb-pool-env in namespace shop") as string,
    });
    expect(world.server.read(secrets, ref)).toEqual(before);
    await world.stop();
  });
});
