/** What one pod of several may hold up, and what not. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namespace, worker, workerOf, WorkerdWorld } from "../../../test/kit/workerd-world.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { systemClock } from "../../api/system-clock.ts";

const addresses = { sound: "127.63.2.1", other: "127.63.2.2" };

describe("one pod of a pool", () => {
  let world: WorkerdWorld;
  /** Milliseconds that have passed in no time. */
  let skipped = 0;
  let checkout: FunctionIdentity;
  const artifact = worker("one");

  beforeEach(async () => {
    skipped = 0;
    world = await WorkerdWorld.start({ clock: { ...systemClock, now: () => Date.now() + skipped } });
    checkout = world.identity("checkout");
    await world.operator.provider.publish(checkout, artifact);
    await world.startPod("sound", addresses.sound);
    expect(await world.operator.provider.publish(checkout, artifact)).toEqual({ done: true });
  });

  afterEach(async () => {
    await world.stop();
  });

  it("holds up what is let go for two minutes when it does not answer", async () => {
    const { provider } = world.operator;
    world.putPod("silent", addresses.other, true);
    await provider.publish(world.identity("cart"), worker("two"));
    expect(await provider.retire(checkout)).toMatchObject({ done: false, reason: "Retiring" });
    skipped += 110_000;
    expect(await provider.retire(checkout)).toMatchObject({
      message: expect.stringContaining("Pod silent") as string,
    });
    skipped += 10_000;
    expect(await provider.retire(checkout)).toEqual({ done: true });
    expect(world.running.get("sound")?.loaded()).toHaveLength(1);
  });

  it("holds up the next pod's two minutes only from its own first silence", async () => {
    const { provider } = world.operator;
    world.putPod("silent", addresses.other, true);
    await provider.publish(world.identity("cart"), worker("two"));
    skipped += 120_000;
    world.putPod("later", "127.63.2.3", true);
    expect(await provider.retire(checkout)).toMatchObject({
      message: expect.stringContaining("Pod later") as string,
    });
  });

  it("makes no module unsound that another pod runs, and tries it again", async () => {
    const { provider } = world.operator;
    const files = { "loading.json": spent(checkout, provider.version(artifact)) };
    await world.startPod("weak", addresses.other, files);
    const outcome = await provider.publish(checkout, artifact);
    expect(outcome).toMatchObject({ done: false, reason: "Publishing" });
    expect(outcome.done ? "" : outcome.message).toMatch(/^Pod weak .*ended twice/);
    expect(world.running.get("sound")?.loaded()).toHaveLength(1);
    expect(await provider.publish(checkout, artifact)).toEqual({ done: true });
    expect(world.running.get("weak")?.loaded()).toHaveLength(1);
  });

  it("is asked nothing while nothing changes", async () => {
    const { provider } = world.operator;
    const version = provider.version(artifact);
    await world.running.get("sound")?.stop();
    expect(await provider.publish(checkout, artifact)).toEqual({ done: true });
    expect(await provider.observe(checkout, version)).toEqual({ done: true });
    expect(await provider.keepOnly(checkout, version)).toEqual({ done: true });
  });

  it("makes a module unsound that no pod runs", async () => {
    const { provider } = world.operator;
    const broken = workerOf("export default {{{");
    expect(await provider.publish(checkout, broken)).toMatchObject({ reason: "ModuleLoadFailed" });
    expect(await provider.observe(checkout, provider.version(artifact))).toEqual({ done: true });
    expect(await world.operator.loop.reconcile(namespace)).toEqual({ done: true });
  });
});

/** As a pod's disk has it after its process has ended twice. */
function spent({ key }: FunctionIdentity, version: string): string {
  return JSON.stringify({ counts: { [`${key}/${version}`]: 2 } });
}
