/** The whole way to Cloudflare and back, by an operator that is killed on the way. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { functionKey } from "../../operator/api/v1alpha1/names.ts";
import { edgeTargets } from "../../operator/kube/edge-objects.ts";
import { networkPolicies } from "../../operator/kube/policy-objects.ts";
import { secrets } from "../../operator/kube/objects.ts";
import { type BuiltModules, builtModules } from "../kit/built-modules.ts";
import { specOf } from "../kit/cloudflare-edge.ts";
import { type FakeCloudflare, startFakeCloudflare } from "../kit/fake-cloudflare/fake-cloudflare.ts";
import { startProber } from "./caller.ts";
import { checkoutOnWorkerd, namespace } from "./checkout.ts";
import { serving } from "./to-serve.ts";
import { given, type World } from "./world.ts";

expect.extend(serving);

let fake: FakeCloudflare;
let modules: BuiltModules;
let world: World;

const putToken = (token: string): void => {
  const ref = { namespace, name: "cloudflare" };
  const data = { token: Buffer.from(`${token}\n`).toString("base64") };
  if (world.server.read(secrets, ref) === undefined) world.server.put(secrets, { metadata: ref, data });
  else world.server.change(secrets, ref, (live) => ({ ...live, data }));
};
const target = () => world.server.read(edgeTargets, { namespace, name: "default" })?.status?.conditions?.[0];

beforeAll(async () => {
  [fake, modules] = await Promise.all([startFakeCloudflare({ settleMs: 50 }), builtModules("cloudflare")]);
});

beforeEach(async () => {
  world = await given.cluster({ deployment: "checkout", replicas: 2, cloudflare: { fake, modules } });
  world.networkPolicies = { callers: [] };
  world.server.put(edgeTargets, {
    metadata: { namespace, name: "default" },
    spec: { cloudflare: specOf(fake) },
  });
});

afterEach(async () => {
  await world.end();
  expect(world.laws.breaches).toEqual([]);
});

afterAll(async () => {
  await Promise.all([fake.stop(), modules.remove()]);
});

it("moves a workload to Cloudflare and brings it back, with the operator killed between", async () => {
  putToken(fake.token);
  world.apply("checkout", checkoutOnWorkerd);
  const prober = startProber(world, "checkout");
  world.startOperator();
  await world.untilOffloaded();
  await expect(world).toServe("checkout", { from: "edge", lost: 0 });
  expect(target()).toMatchObject({ status: "True", reason: "Available" });
  const gateway = world.server.read(networkPolicies, { namespace, name: "ebb-gateway" });
  expect(gateway?.spec?.egress).toContainEqual({ ports: [{ protocol: "TCP", port: 443 }] });
  expect([...fake.account.scripts.keys()]).toEqual([
    `ebb-${functionKey(world.edgeFunction()?.metadata.uid ?? "")}`,
  ]);
  await world.restartOperator();
  await world.delete("ef/checkout");
  await expect(world).toServe("checkout", { from: "origin", lost: 0 });
  expect([world.deployment("checkout"), fake.account.scripts.size]).toEqual([world.before("checkout"), 0]);
  expect((await prober.stop()).lost).toEqual([]);
});

it("says what is wrong with a token, and with a target that leads elsewhere, and leaves nothing behind", async () => {
  putToken("not-the-token");
  world.apply("checkout", { ...checkoutOnWorkerd, placement: "Cluster" });
  world.startOperator();
  const published = () => world.edgeFunction()?.status?.conditions?.find(({ type }) => type === "Published");
  await world.until("the token is refused", () => published()?.reason === "CredentialsRejected");
  await world.until("the target says so", () => target()?.reason === "CredentialsRejected");
  expect(JSON.stringify([published(), target()])).not.toContain("not-the-token");
  putToken(fake.token);
  await world.until("it is published", () => published()?.status === "True");
  const pool = { replicas: 1, resources: {} };
  world.server.change(edgeTargets, { namespace, name: "default" }, (live) => ({
    ...live,
    spec: { workerd: pool },
  }));
  await world.until("it stalls", () => published()?.reason === "EdgeTargetChanged");
  await world.delete("ef/checkout");
  expect(fake.account.scripts.size).toBe(0);
});
