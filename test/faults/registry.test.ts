/** A module in a registry that goes away and comes back, while the function serves. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { labels } from "../../operator/api/v1alpha1/names.ts";
import { edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { type Pod, pods, secrets } from "../../operator/kube/objects.ts";
import { layouts } from "../kit/artifact.ts";
import { FakeRegistry } from "../kit/fake-registry.ts";
import { createSigner, signatureTag, type Signer, simpleSignature } from "../kit/signatures.ts";
import { isReady } from "../kit/fake-cluster/pods.ts";
import { startProber } from "./caller.ts";
import { namespace } from "./checkout.ts";
import { originBody } from "./origin-program.ts";
import { given, type World } from "./world.ts";

let registry: FakeRegistry;
let world: World;

const moduleThatSays = (body: string) =>
  layouts.script(`export default { fetch: () => new Response("${body}") };`);
const reference = (tag: string) => `${registry.host}/shop/checkout:${tag}`;
const status = () => world.edgeFunction()?.status;
const poolPods = (): Pod[] =>
  world.server.readAll(pods, namespace).filter((pod) => pod.metadata.labels?.[labels.component] === "pool");

beforeEach(async () => {
  registry = await FakeRegistry.start();
  registry.push("shop/checkout", "1", moduleThatSays("one"));
  const module = { abi: "Worker" as const, oci: { reference: reference("1"), plainHTTP: true } };
  const edgeFunction = { workloadRef: { name: "checkout" }, module };
  world = await given.cluster({ deployment: "checkout", replicas: 2, edgeFunction });
  world.startOperator();
  await world.untilOffloaded();
});

afterEach(async () => {
  const { breaches } = world.laws;
  await world.end();
  await registry[Symbol.asyncDispose]();
  expect(breaches).toEqual([]);
});

function useModule(change: object): void {
  world.server.change(edgeFunctions, { namespace, name: "checkout" }, (live) => ({
    ...live,
    spec: { ...live.spec, module: { ...live.spec.module, ...change } },
  }));
}

it("serves on while the registry is away: a new operator asks for nothing, a new pool pod gets the module from another", async () => {
  const prober = startProber(world, "checkout");
  const [found, { length: calls }] = [status()?.module, registry.calls];
  await registry.stop();
  // Its disk is empty, as after a move to another node.
  await world.restartOperator();
  const [gone] = poolPods();
  world.server.remove(pods, { namespace, name: gone?.metadata.name ?? "" });
  await world.until("the pool is whole again", () => {
    const ready = poolPods().filter(isReady);
    return ready.length === 2 && ready.every(({ metadata }) => metadata.uid !== gone?.metadata.uid);
  });
  await world.untilOffloaded();
  expect(status()?.module).toEqual(found);

  useModule({ oci: { reference: reference("2"), plainHTTP: true } });
  await world.untilCondition("checkout", "ModuleResolved", "False", "SourceUnavailable");
  await world.untilCondition("checkout", "Reconciling", "True", "SourceUnavailable");
  expect(status()?.module).toEqual(found);
  expect(registry.calls).toHaveLength(calls);
  registry.push("shop/checkout", "2", moduleThatSays("two"));
  await registry.listen();
  await world.until(
    "the other module is in use",
    () => status()?.module?.artifact?.reference === reference("2"),
  );
  await world.untilOffloaded();
  const { bodies, lost } = await prober.stop();
  expect({ lost, bodies: new Set(bodies.keys()) }).toEqual({ lost: [], bodies: new Set(["one", "two"]) });
});

it("follows a tag that moves, and keeps what it has when that cannot run", async () => {
  const prober = startProber(world, "checkout");
  useModule({ updatePolicy: "Poll", pollInterval: "10s" });
  registry.push("shop/checkout", "1", layouts.oras("\0asm"));
  await world.untilCondition("checkout", "Stalled", "True", "ModuleInvalid");
  const moved = registry.push("shop/checkout", "1", moduleThatSays("two"));
  await world.until("the tag is followed", () => status()?.module?.artifact?.digest === moved);
  await world.untilOffloaded();
  await world.delete("ef/checkout");
  const { bodies, lost } = await prober.stop();
  expect({ lost, bodies: new Set(bodies.keys()) }).toEqual({
    lost: [],
    bodies: new Set(["one", "two", originBody]),
  });
  expect(world.deployment("checkout")).toEqual(world.before("checkout"));
});

it("never lets a module to the edge that somebody else has signed, while the former one serves", async () => {
  const [signer, stranger] = [createSigner(), createSigner()];
  const data = { "cosign.pub": Buffer.from(signer.publicKey).toString("base64") };
  world.server.put(secrets, { metadata: { namespace, name: "signer" }, data });
  const sign = (digest: string, by: Signer) =>
    registry.push("shop/checkout", signatureTag(digest), simpleSignature(digest, by));
  const prober = startProber(world, "checkout");
  const follow = { updatePolicy: "Poll", pollInterval: "10s" };
  useModule({ ...follow, verification: { publicKeySecretRef: { name: "signer", key: "cosign.pub" } } });
  await world.untilCondition("checkout", "Stalled", "True", "SignatureMissing");
  sign(status()?.module?.artifact?.digest ?? "", signer);
  await world.until("the signature was seen", () => status()?.module?.artifact?.signedBy !== undefined);
  const former = status()?.module;

  const moved = registry.push("shop/checkout", "1", moduleThatSays("two"));
  sign(moved, stranger);
  await world.untilCondition("checkout", "Stalled", "True", "SignatureInvalid");
  await world.restartOperator();
  await world.untilCondition("checkout", "Stalled", "True", "SignatureInvalid");
  expect(status()?.module).toEqual(former);
  expect([...(await prober.stop()).bodies.keys()]).toEqual(["one"]);

  const after = startProber(world, "checkout");
  sign(moved, signer);
  await world.until("the signed one is in use", () => status()?.module?.artifact?.digest === moved);
  await world.untilOffloaded();
  const { bodies, lost } = await after.stop();
  expect({ lost, bodies: new Set(bodies.keys()) }).toEqual({ lost: [], bodies: new Set(["one", "two"]) });
});
