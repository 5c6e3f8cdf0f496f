/** What may go wrong around the operator while a workload moves there and back; the laws hold and the end is the same. */
import { afterEach, expect, it } from "vitest";
import { labels } from "../../operator/api/v1alpha1/names.ts";
import { type Pod, pods } from "../../operator/kube/objects.ts";
import { answerWith, type RequestHook } from "../kit/fake-apiserver/fault.ts";
import { isReady } from "../kit/fake-cluster/pods.ts";
import { checkoutOnWorkerd, namespace } from "./checkout.ts";
import { isOperator } from "./operator-process.ts";
import { serving } from "./to-serve.ts";
import { given, type World } from "./world.ts";

expect.extend(serving);

let world: World;

afterEach(async () => {
  await world.end();
  expect(world.laws.breaches).toEqual([]);
});

async function begin(): Promise<void> {
  world = await given.cluster({ deployment: "checkout", replicas: 3, edgeFunction: checkoutOnWorkerd });
}

async function thereAndBack(): Promise<void> {
  await world.untilOffloaded();
  await expect(world).toServe("checkout", { from: "edge", lost: 0 });
  await world.delete("ef/checkout");
  await expect(world).toServe("checkout", { from: "origin", lost: 0 });
  expect(world.deployment("checkout")).toEqual(world.before("checkout"));
  await world.until("no object of Ebb is left", () => world.ebbObjects().length === 0);
}

function podsOf(component: string): Pod[] {
  return world.server
    .readAll(pods, namespace)
    .filter((pod) => pod.metadata.labels?.[labels.component] === component);
}

/** Calls hook at every request of an operator with its number, counted from 1. */
function every(hook: (count: number) => ReturnType<RequestHook>): void {
  let count = 0;
  world.server.onRequest(({ actor, kind }) => {
    if (!isOperator(actor.token) || kind.kind === "Lease") return undefined;
    count += 1;
    return hook(count);
  });
}

/** Numbers from 0 to 1 that a seed fixes. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it("moves there and back while every third request is answered 429 with Retry-After", async () => {
  await begin();
  every((count) => (count % 3 === 0 ? answerWith(429, "TooManyRequests", { retryAfter: 1 }) : undefined));
  world.startOperator();
  await thereAndBack();
});

it("moves there and back while one in ten requests is answered 500", async () => {
  await begin();
  world.startOperator();
  await world.untilCondition("checkout", "ModuleResolved", "True");
  const random = seededRandom(1);
  every(() => (random() < 0.1 ? answerWith(500, "InternalError") : undefined));
  await thereAndBack();
});

it("moves there and back while watches break and their history is gone", async () => {
  await begin();
  let changes = 0;
  world.server.onChange(() => {
    changes += 1;
    if (changes % 10 !== 0) return;
    setImmediate(() => {
      world.server.compact();
      world.server.cutWatches();
    });
  });
  world.startOperator();
  await thereAndBack();
});

it("has one leader's effects when the former one comes back late", async () => {
  await begin();
  const former = world.startOperator("operator-0");
  await world.until("it is shifting", () => world.edgeFunction()?.status?.phase === "Shifting");
  let isHeld = true;
  const release = world.server.onRequest(({ actor, kind }) =>
    isHeld && actor.token === former.token && kind.kind === "Lease"
      ? { kind: "hang", commit: false }
      : undefined,
  );
  world.startOperator("operator-1");
  await world.untilOffloaded();
  isHeld = false;
  release();
  await thereAndBack();
});

it("keeps serving from the edge while the workload's pods cannot start, and comes back when they can", async () => {
  await begin();
  world.startOperator();
  await world.untilOffloaded();
  world.cluster.letStart((pod) => pod.metadata.labels?.["app"] !== "checkout");
  const gone = world.delete("ef/checkout");
  await world.untilCondition("checkout", "Offloaded", "False", "ScalingUp");
  await world.until("its pods run", () => world.liveDeployment()?.status?.replicas === 3);
  await world.clock.sleep(30_000);
  expect(world.edgeFunction()?.status?.phase).toBe("Returning");
  await expect(world).toServe("checkout", { from: "edge", lost: 0 });
  world.cluster.letStart(() => true);
  await gone;
  await expect(world).toServe("checkout", { from: "origin", lost: 0 });
});

it("goes on when a pool pod crashes, and when a gateway pod is replaced, while the workload is away", async () => {
  await begin();
  world.startOperator();
  await world.untilOffloaded();
  const [pool] = podsOf("pool");
  if (pool !== undefined) await world.cluster.crash(pool);
  await expect(world).toServe("checkout", { from: "edge", lost: 0 });
  await world.until("the pool is whole", () => podsOf("pool").filter(isReady).length === 2);
  const [gateway] = podsOf("gateway");
  const name = gateway?.metadata.name ?? "";
  world.server.remove(pods, { namespace, name });
  const others = (): Pod[] => podsOf("gateway").filter((pod) => pod.metadata.name !== name && isReady(pod));
  await world.until("another gateway pod serves", () => others().length === 2);
  await expect(world).toServe("checkout", { from: "edge", lost: 0 });
  await world.delete("ef/checkout");
  expect(world.deployment("checkout")).toEqual(world.before("checkout"));
});
