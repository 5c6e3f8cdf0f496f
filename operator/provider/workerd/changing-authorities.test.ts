/** A pool while its certificate authorities change, which they do after two thirds of their ten years. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ebbPrograms } from "../../../test/kit/fake-cluster/ebb-programs.ts";
import { startFakeCluster } from "../../../test/kit/fake-cluster/fake-cluster.ts";
import type { FakeCluster } from "../../../test/kit/fake-cluster/fake-cluster.ts";
import { namespace, worker, WorkerdWorld } from "../../../test/kit/workerd-world.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { systemClock } from "../../api/system-clock.ts";
import { labels, managedByEbb } from "../../api/v1alpha1/names.ts";
import { pods, secrets } from "../../kube/objects.ts";
import { createAuthority } from "./certificates.ts";
import { areAllReady, poolPods } from "./pool-pods.ts";
import { decodeSecret, encodeSecret } from "./secret-data.ts";

const day = 86_400_000;
const minute = 60_000;
const ref = { namespace: "ebb-system", name: "ebb-ca" };

/** As the operator has made it when the next authorities are nextAge old; without them when that is not given. */
async function storedAuthorities(nextAge?: number): Promise<Record<string, string>> {
  const data: Record<string, string> = {};
  for (const half of ["server", "client"]) {
    const current = await createAuthority(half, Date.now() - 2434 * day);
    Object.assign(data, { [`${half}-ca.crt`]: current.certificate, [`${half}-ca.key`]: current.key });
    if (nextAge === undefined) continue;
    const next = await createAuthority(half, Date.now() - nextAge);
    Object.assign(data, { [`${half}-ca-next.crt`]: next.certificate, [`${half}-ca-next.key`]: next.key });
  }
  return data;
}

describe("a pool while its authorities change", () => {
  let world: WorkerdWorld;
  let cluster: FakeCluster;
  let checkout: FunctionIdentity;
  /** Milliseconds that have passed in no time. */
  let skipped = 0;
  /** Of ready pods, at every change of a pod. */
  let counts: number[] = [];

  const store = {
    get: (_namespace: string | undefined, name: string) => world.server.read(pods, { namespace, name }),
    list: () => world.server.readAll(pods, namespace),
  };
  const ready = () => poolPods(store, namespace).filter(({ isReady }) => isReady);
  const authorities = () => decodeSecret(world.server.read(secrets, ref) ?? { metadata: { name: "" } });
  const trust = () =>
    decodeSecret(
      world.server.read(secrets, { namespace, name: "ebb-pool-tls" }) ?? { metadata: { name: "" } },
    )["client-ca.crt"];
  const settled = async (body: string) => {
    const isSettled = async () => {
      await world.operator.loop.reconcile(namespace);
      const outcome = await world.operator.provider.publish(checkout, worker(body));
      return outcome.done && areAllReady(store, namespace) && ready().length === 2;
    };
    await expect.poll(isSettled, { timeout: 60_000 }).toBe(true);
  };

  async function start(data: Record<string, string>): Promise<void> {
    const metadata = { ...ref, labels: { [labels.managedBy]: managedByEbb } };
    world.server.put(secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata,
      type: "Opaque",
      data: encodeSecret(data),
    });
    await settled("one");
    counts = [];
    world.server.onChange(({ object }) => {
      if (object.kind === "Pod") counts.push(ready().length);
    });
  }

  beforeEach(async () => {
    skipped = 0;
    world = await WorkerdWorld.start({ clock: { ...systemClock, now: () => Date.now() + skipped } });
    cluster = startFakeCluster({
      server: world.server,
      slot: 78,
      programs: ebbPrograms(world.server).programs,
    });
    checkout = world.identity("checkout");
  });

  afterEach(async () => {
    await cluster.stop();
    await world.stop();
  });

  it("trusts the next ones long before they sign", async () => {
    const data = await storedAuthorities();
    await start(data);
    expect(authorities()).toMatchObject(data);
    expect(trust()).toBe([data["client-ca.crt"], authorities()["client-ca-next.crt"]].join("\n"));
  });

  it("takes new versions all the while, on pods of before and after, and always has two", async () => {
    const data = await storedAuthorities(7 * day - 5 * minute - 30_000);
    await start(data);
    const before = { trust: trust(), pods: ready().map(({ name }) => name) };
    skipped += minute;
    // The pods still have certificates of the former authority; the operator has one of the next already.
    await expect
      .poll(async () => {
        const outcome = await world.operator.provider.publish(checkout, worker("two"));
        return [outcome.done, authorities()["client-ca.key"]];
      })
      .toEqual([true, data["client-ca-next.key"]]);
    await settled("three");
    expect(authorities()).toMatchObject({
      "server-ca.key": data["server-ca-next.key"],
      "server-ca-former.crt": data["server-ca.crt"],
      "client-ca-former.crt": data["client-ca.crt"],
    });
    expect(Object.keys(authorities()).filter((key) => key.includes("next"))).toEqual([]);
    expect(trust()).toBe(before.trust);
    expect(ready().filter(({ name }) => before.pods.includes(name))).toEqual([]);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
  });
});
