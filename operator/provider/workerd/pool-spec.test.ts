import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { poolSpec } from "../../../test/kit/workerd-operator.ts";
import { namespace, worker, WorkerdWorld } from "../../../test/kit/workerd-world.ts";
import { deployments } from "../../kube/objects.ts";
import type { PoolSpec } from "./pool-spec.ts";

describe("a pool without a target", () => {
  let spec: PoolSpec | undefined;
  let world: WorkerdWorld;
  const deployed = () => world.server.read(deployments, { namespace, name: "ebb-pool" })?.spec;
  const reconcile = () => world.operator.loop.reconcile(namespace);

  beforeEach(async () => {
    world = await WorkerdWorld.start({ poolSpec: () => spec });
  });

  afterEach(async () => {
    await world.stop();
  });

  it("goes on as it is", async () => {
    spec = { ...poolSpec(5), runtimeClassName: "gvisor" };
    await world.operator.provider.publish(world.identity("checkout"), worker("one"));
    const before = deployed();
    spec = undefined;
    await reconcile();
    expect(deployed()).toEqual(before);
    expect(deployed()?.replicas).toBe(5);
    const writes = world.server.writes.length;
    await reconcile();
    expect(world.server.writes).toHaveLength(writes);
  });

  it("has the target's defaults when it has to be made", async () => {
    spec = undefined;
    await world.operator.provider.publish(world.identity("checkout"), worker("one"));
    expect(deployed()?.replicas).toBe(2);
    expect(deployed()?.template.spec.containers[0]?.resources?.limits).toEqual({ memory: "512Mi" });
  });

  it("follows a target that comes back", async () => {
    spec = undefined;
    await world.operator.provider.publish(world.identity("checkout"), worker("one"));
    spec = poolSpec(3);
    await reconcile();
    expect(deployed()?.replicas).toBe(3);
  });
});
