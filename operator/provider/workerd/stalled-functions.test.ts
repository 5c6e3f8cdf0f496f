/** What the operator makes of a function that was running at two ends of a pod's process. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitingModule } from "../../../test/kit/waiting-module.ts";
import { worker, workerOf, WorkerdWorld } from "../../../test/kit/workerd-world.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { ports } from "../../api/v1alpha1/names.ts";

const addresses = ["127.63.2.1", "127.63.2.2"] as const;
const waiting = workerOf(waitingModule);

describe("a function that stalls a pod twice", () => {
  let world: WorkerdWorld;
  let checkout: FunctionIdentity;
  let other: FunctionIdentity;

  const provider = () => world.operator.provider;
  const ask = (address: string, fn: FunctionIdentity, artifact: typeof waiting, path = "/") =>
    fetch(`http://${address}:${ports.poolHttp}${path}`, {
      headers: provider().upstream(fn, provider().version(artifact)).headers,
    });

  async function stall(address: string, pod: string): Promise<void> {
    const asked = ask(address, checkout, waiting, "/wait").catch((error: unknown) => error);
    const isWaiting = async () => (await ask(address, checkout, waiting)).text();
    await expect.poll(() => isWaiting().catch(() => "not yet")).toBe("true");
    await world.running.get(pod)?.crash();
    expect(await asked).toBeInstanceOf(Error);
  }

  beforeEach(async () => {
    world = await WorkerdWorld.start();
    checkout = world.identity("checkout");
    other = world.identity("other");
    await provider().publish(checkout, waiting);
    await Promise.all(addresses.map((address, index) => world.startPod(`pool-${index}`, address)));
    expect(await provider().publish(checkout, waiting)).toEqual({ done: true });
    expect(await provider().publish(other, worker("other"))).toEqual({ done: true });
    await stall(addresses[0], "pool-0");
    await stall(addresses[0], "pool-0");
  });

  afterEach(async () => {
    await world.stop();
  });

  it("is told of, runs on no pod any more, and harms no other", async () => {
    await world.operator.loop.reconcile(checkout.namespace);
    expect(await provider().publish(checkout, waiting)).toMatchObject({ reason: "FunctionStalled" });
    expect(await provider().publish(other, worker("other"))).toEqual({ done: true });
    for (const address of addresses) {
      const refused = await ask(address, checkout, waiting);
      expect([refused.status, refused.headers.get("x-ebb-reason")]).toEqual([503, "FunctionStalled"]);
      expect(await (await ask(address, other, worker("other"))).text()).toBe("other");
    }
  });

  it("is known to an operator that comes later", async () => {
    await world.operator.loop.reconcile(checkout.namespace);
    const later = world.another();
    expect(await later.provider.publish(checkout, waiting)).toMatchObject({ reason: "FunctionStalled" });
  });

  it("is served again with another version", async () => {
    await world.operator.loop.reconcile(checkout.namespace);
    expect(await provider().publish(checkout, worker("mended"))).toEqual({ done: true });
    expect(await (await ask(addresses[1], checkout, worker("mended"))).text()).toBe("mended");
  });
});
