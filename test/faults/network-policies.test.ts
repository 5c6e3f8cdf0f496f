/** The NetworkPolicies of gateway and pool: there before the pods, as the chart says, and gone with what they are for. */
import { afterEach, expect, it } from "vitest";
import { type NetworkPolicy, networkPolicies } from "../../operator/kube/policy-objects.ts";
import { checkoutOnWorkerd, namespace } from "./checkout.ts";
import { given, type World } from "./world.ts";

let world: World;
/** What was patched, in this order. */
let writes: string[];

afterEach(async () => {
  const { breaches } = world.laws;
  await world.end();
  expect(breaches).toEqual([]);
});

const policy = (name: string): NetworkPolicy | undefined =>
  world.server.read(networkPolicies, { namespace, name });
const names = (): string[] =>
  world.server
    .readAll(networkPolicies, namespace)
    .map(({ metadata }) => metadata.name)
    .toSorted();

async function offload(): Promise<void> {
  world = await given.cluster({ deployment: "checkout", replicas: 2, edgeFunction: checkoutOnWorkerd });
  writes = [];
  world.server.onRequest(({ kind, verb, name = "" }) => {
    if (verb === "patch") writes.push(`${kind.plural}/${name}`);
    return undefined;
  });
  world.networkPolicies = { callers: [{ namespaceSelector: { matchLabels: { team: "edge" } } }] };
  world.startOperator();
  await world.untilOffloaded();
}

it("are there before the pods and go with the last function", async () => {
  await offload();
  expect(names()).toEqual(["ebb-gateway", "ebb-pool"]);
  const from = policy("ebb-gateway")?.spec?.ingress?.map((rule) => rule.from);
  expect(from?.[0]).toEqual([{ namespaceSelector: { matchLabels: { team: "edge" } } }]);
  for (const name of names())
    expect(writes.indexOf(`networkpolicies/${name}`)).toBeLessThan(writes.indexOf(`deployments/${name}`));
  await world.delete("ef/checkout");
  await world.until("no policy is left", () => names().length === 0);
});

it("follow the chart's callers, and go when it wants none, while the workload is away", async () => {
  await offload();
  world.networkPolicies = { callers: [] };
  await world.restartOperator();
  await world.until(
    "everybody may call",
    () => policy("ebb-gateway")?.spec?.ingress?.[0]?.from === undefined,
  );
  world.networkPolicies = undefined;
  await world.restartOperator();
  await world.until("no policy is left", () => names().length === 0);
  await world.untilOffloaded();
  await world.delete("ef/checkout");
});
