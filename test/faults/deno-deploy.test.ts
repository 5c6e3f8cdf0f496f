/** The whole way to Deno Deploy and back, by an operator that is killed on the way. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { functionKey } from "../../operator/api/v1alpha1/names.ts";
import { edgeTargets } from "../../operator/kube/edge-objects.ts";
import { secrets } from "../../operator/kube/objects.ts";
import { type BuiltModules, builtModules } from "../kit/built-modules.ts";
import { denoSpecOf } from "../kit/deno-edge.ts";
import { type FakeDeno, startFakeDeno } from "../kit/fake-deno/fake-deno.ts";
import { startProber } from "./caller.ts";
import { checkoutOnWorkerd, namespace } from "./checkout.ts";
import { serving } from "./to-serve.ts";
import { given, type World } from "./world.ts";

expect.extend(serving);

let fake: FakeDeno;
let modules: BuiltModules;
let world: World;

beforeAll(async () => {
  [fake, modules] = await Promise.all([startFakeDeno({ settleMs: 50 }), builtModules("deno")]);
});

beforeEach(async () => {
  world = await given.cluster({ deployment: "checkout", replicas: 2, deno: { fake, modules } });
  const token = Buffer.from(`${fake.token}\n`).toString("base64");
  world.server.put(secrets, { metadata: { namespace, name: "deno" }, data: { token } });
  world.server.put(edgeTargets, {
    metadata: { namespace, name: "default" },
    spec: { denoDeploy: denoSpecOf(fake) },
  });
});

afterEach(async () => {
  await world.end();
  expect(world.laws.breaches).toEqual([]);
});

afterAll(async () => {
  await Promise.all([fake.stop(), modules.remove()]);
});

it("moves a workload to Deno Deploy and brings it back, with the operator killed between", async () => {
  world.apply("checkout", checkoutOnWorkerd);
  const prober = startProber(world, "checkout");
  world.startOperator();
  await world.until("the app is being made", () => fake.calls.some((call) => call.endsWith("/deploy")));
  await world.restartOperator();
  await world.untilOffloaded();
  await expect(world).toServe("checkout", { from: "edge", lost: 0 });
  const target = world.server.read(edgeTargets, { namespace, name: "default" });
  expect(target?.status?.conditions?.[0]).toMatchObject({ status: "True", reason: "Available" });
  const key = functionKey(world.edgeFunction()?.metadata.uid ?? "");
  const apps = [...fake.organization.apps.values()];
  expect(apps.map(({ slug, revisions }) => [slug, revisions.length])).toEqual([[`ebb-${key}`, 1]]);
  await world.restartOperator();
  await world.delete("ef/checkout");
  await expect(world).toServe("checkout", { from: "origin", lost: 0 });
  expect([world.deployment("checkout"), fake.organization.apps.size]).toEqual([world.before("checkout"), 0]);
  expect((await prober.stop()).lost).toEqual([]);
});
