/** What becomes of a pool when somebody takes its certificates away, or spoils them. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ebbPrograms } from "../../../test/kit/fake-cluster/ebb-programs.ts";
import type { EbbPrograms } from "../../../test/kit/fake-cluster/ebb-programs.ts";
import { startFakeCluster } from "../../../test/kit/fake-cluster/fake-cluster.ts";
import type { FakeCluster } from "../../../test/kit/fake-cluster/fake-cluster.ts";
import { namespace, worker, WorkerdWorld } from "../../../test/kit/workerd-world.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { systemClock } from "../../api/system-clock.ts";
import { pods, secrets } from "../../kube/objects.ts";
import { createAuthority } from "./certificates.ts";
import { areAllReady, poolPods } from "./pool-pods.ts";

const poolTls = { namespace, name: "ebb-pool-tls" };
const authority = { namespace: "ebb-system", name: "ebb-ca" };

const otherKey = Buffer.from((await createAuthority("other", Date.now())).key).toString("base64");

/** null takes a key away. */
function patched(
  data: Readonly<Record<string, string>> = {},
  patch: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const entries = Object.entries({ ...data, ...patch });
  return Object.fromEntries(
    entries.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
  );
}

describe("a pool whose Secrets are taken away", () => {
  let world: WorkerdWorld;
  let ebb: EbbPrograms;
  let cluster: FakeCluster;
  let checkout: FunctionIdentity;
  /** Milliseconds that have passed in no time. */
  let skipped = 0;

  const store = {
    get: (_namespace: string | undefined, name: string) => world.server.read(pods, { namespace, name }),
    list: () => world.server.readAll(pods, namespace),
  };
  const ready = () => poolPods(store, namespace).filter(({ isReady }) => isReady);
  const certificate = () => world.server.read(secrets, poolTls)?.data?.["tls.crt"];
  /** As the operator does it: again and again, until body is what two ready pods serve and no other pod is to stay. */
  const settled = async (body: string) => {
    const isSettled = async () => {
      await world.operator.loop.reconcile(namespace);
      const outcome = await world.operator.provider.publish(checkout, worker(body));
      return outcome.done && areAllReady(store, namespace) && ready().length === 2;
    };
    await expect.poll(isSettled, { timeout: 20_000 }).toBe(true);
  };

  beforeEach(async () => {
    skipped = 0;
    world = await WorkerdWorld.start({ clock: { ...systemClock, now: () => Date.now() + skipped } });
    ebb = ebbPrograms(world.server);
    cluster = startFakeCluster({ server: world.server, slot: 77, programs: ebb.programs });
    checkout = world.identity("checkout");
    await settled("one");
  });

  afterEach(async () => {
    await cluster.stop();
    await world.stop();
  });

  it("has a new certificate within a minute", async () => {
    world.server.remove(secrets, poolTls);
    skipped += 30_000;
    await world.operator.loop.reconcile(namespace);
    skipped += 30_000;
    await world.operator.loop.reconcile(namespace);
    expect(certificate()).toBeDefined();
    await settled("two");
  });

  it("has it at once when a pod waits for it", async () => {
    world.server.remove(secrets, poolTls);
    world.server.remove(pods, { namespace, name: ready()[0]?.name ?? "" });
    await expect.poll(() => areAllReady(store, namespace)).toBe(false);
    await world.operator.loop.reconcile(namespace);
    expect(certificate()).toBeDefined();
    await settled("two");
  });

  it.each([
    ["another key", { "tls.key": otherKey }],
    ["no key", { "tls.key": null }],
    ["text for a certificate", { "tls.crt": "dGV4dA==" }],
    ["other authorities for operators", { "client-ca.crt": "dGV4dA==" }],
  ])("has a new certificate within a minute when it was given %s", async (_what, spoiled) => {
    const before = certificate();
    world.server.change(secrets, poolTls, (secret) => ({ ...secret, data: patched(secret.data, spoiled) }));
    skipped += 60_000;
    await world.operator.loop.reconcile(namespace);
    expect(certificate()).not.toBe(before);
    await settled("two");
  });

  it.each([
    ["another key", { "server-ca.key": otherKey }],
    ["no key", { "client-ca.key": null }],
    ["text for a certificate", { "client-ca.crt": "dGV4dA==" }],
  ])("has new authorities within a minute when they were given %s", async (_what, spoiled) => {
    world.server.change(secrets, authority, (secret) => ({ ...secret, data: patched(secret.data, spoiled) }));
    skipped += 60_000;
    await settled("two");
    const { data = {} } = world.server.read(secrets, authority) ?? {};
    for (const [key, value] of Object.entries(spoiled)) {
      expect(data[key]).toBeDefined();
      expect(data[key]).not.toBe(value);
    }
  });

  it("rolls to new authorities one pod at a time, and takes new versions all the while", async () => {
    const before = new Set(ready().map(({ incarnation }) => incarnation));
    const counts: number[] = [];
    const stop = world.server.onChange(({ object }) => {
      if (object.kind === "Pod") counts.push(ready().length);
    });
    world.server.remove(secrets, authority);
    skipped += 60_000;
    await settled("two");
    stop();
    expect(ready().filter(({ incarnation }) => before.has(incarnation))).toEqual([]);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
    const version = `${checkout.key}/${world.operator.provider.version(worker("two"))}`;
    const serving = new Set(ready().map(({ address }) => address));
    const pools = [...ebb.pools.values()].filter(({ address }) => serving.has(address));
    expect(pools.map((pool) => pool.loaded().includes(version))).toEqual([true, true]);
  });

  it("is asked, not written to, when nothing has changed", async () => {
    const before = world.server.writes.length;
    for (let pass = 0; pass < 30; pass += 1) {
      skipped += 30_000;
      expect(await world.operator.loop.reconcile(namespace)).toEqual({ done: true });
    }
    expect(world.server.writes).toHaveLength(before);
  });
});
