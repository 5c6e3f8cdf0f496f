/** What a module gets from Secrets and ConfigMaps, while it serves and while they change. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { configMaps, secrets } from "../../operator/kube/objects.ts";
import { coreEvents } from "../../operator/kube/event-objects.ts";
import { startProber } from "./caller.ts";
import { checkoutOnWorkerd, moduleOf, namespace } from "./checkout.ts";
import { secretMark } from "./laws/secrets-kept.ts";
import { originBody } from "./origin-program.ts";
import { given, type World } from "./world.ts";

const source = `export default { fetch: (_, env) => new Response(env.LEVEL + " " + env.TOKEN + " " + env.EXTRA) };`;
const keys = { namespace, name: "checkout-keys" };
const settings = { namespace, name: "checkout-settings" };
const envOfCheckout = [
  { name: "TOKEN", valueFrom: { secretKeyRef: { name: keys.name, key: "token" } } },
  { name: "LEVEL", valueFrom: { configMapKeyRef: { name: settings.name, key: "level" } } },
  { name: "EXTRA", valueFrom: { secretKeyRef: { name: "none", key: "none", optional: true } } },
];

let world: World;

function putSecret(token: string): void {
  const data = { token: Buffer.from(secretMark + token).toString("base64") };
  if (world.server.read(secrets, keys) === undefined) world.server.put(secrets, { metadata: keys, data });
  else world.server.change(secrets, keys, (live) => ({ ...live, data }));
}

const status = () => world.edgeFunction()?.status;

beforeEach(async () => {
  world = await given.cluster({ deployment: "checkout", replicas: 2 });
  const binaryData = { "module.js": Buffer.from(source).toString("base64") };
  const module = { namespace, name: moduleOf("checkout").metadata.name };
  world.server.change(configMaps, module, (live) => ({ ...live, binaryData }));
  putSecret("one");
  world.server.put(configMaps, { metadata: settings, data: { level: "debug" } });
  world.apply("checkout", { ...checkoutOnWorkerd, env: envOfCheckout });
  world.startOperator();
});

afterEach(async () => {
  const { breaches } = world.laws;
  await world.end();
  expect(breaches).toEqual([]);
});

async function untilChanged(change: () => void): Promise<void> {
  const former = status()?.edge?.version;
  change();
  await world.until("another version serves", () => status()?.edge?.version !== former);
  await world.untilOffloaded();
}

it("publishes changed Secrets and ConfigMaps with no gap, and tells secrets nowhere", async () => {
  await world.untilOffloaded();
  const prober = startProber(world, "checkout");
  await untilChanged(() => putSecret("two"));
  await untilChanged(() =>
    world.server.change(configMaps, settings, (live) => ({ ...live, data: { level: "info" } })),
  );
  await world.restartOperator();
  await world.untilOffloaded();
  const { bodies, lost } = await prober.stop();
  expect(lost).toEqual([]);
  const served = [...bodies.keys()].filter((body) => body !== originBody);
  expect(served).toEqual([
    `debug ${secretMark}one undefined`,
    `debug ${secretMark}two undefined`,
    `info ${secretMark}two undefined`,
  ]);
  const kept = world.read(secrets, "ebb-pool-env");
  await world.until("former values are gone", () => {
    const data = world.read(secrets, "ebb-pool-env")?.data ?? {};
    return Object.keys(data).length === 1;
  });
  expect(kept?.metadata.ownerReferences?.[0]?.kind).toBe("ConfigMap");
  await world.delete("ef/checkout");
  await world.until("no object of Ebb is left", () => world.ebbObjects().length === 0);
});

it("serves on when a Secret goes, says what to do, and goes on when it is back", async () => {
  await world.untilOffloaded();
  const former = status()?.edge?.version;
  world.server.remove(secrets, keys);
  await world.untilCondition("checkout", "Stalled", "True", "EnvNotFound");
  expect(status()?.conditions?.find(({ type }) => type === "Published")?.message).toBe(
    'spec.env[0].valueFrom.secretKeyRef names Secret "checkout-keys", which does not exist in namespace "shop". Create it there, correct the name, or set optional: true.',
  );
  const prober = startProber(world, "checkout");
  expect(status()?.edge?.version).toBe(former);
  putSecret("back");
  await world.untilCondition("checkout", "Ready", "True");
  const { bodies, lost } = await prober.stop();
  expect(lost).toEqual([]);
  expect([...bodies.keys()]).toContain(`debug ${secretMark}one undefined`);
});

it("gives a pool that has lost its Secret the values again", async () => {
  await world.untilOffloaded();
  const { data } = world.read(secrets, "ebb-pool-env") ?? {};
  world.server.remove(secrets, { namespace, name: "ebb-pool-env" });
  await world.until("the values are there again", () => world.read(secrets, "ebb-pool-env") !== undefined);
  expect(world.read(secrets, "ebb-pool-env")?.data).toEqual(data);
});

it("tells how a module failed, once a minute, in an Event on the function", async () => {
  const failing = `export default { fetch: (_, env) => { throw new Error("no \\u001b[31m" + env.LEVEL + env.TOKEN); } };`;
  const binaryData = { "module.js": Buffer.from(failing).toString("base64") };
  const module = { namespace, name: moduleOf("checkout").metadata.name };
  await world.untilOffloaded();
  await untilChanged(() => world.server.change(configMaps, module, (live) => ({ ...live, binaryData })));
  const started = world.clock.now();
  const prober = startProber(world, "checkout");
  const trapped = () =>
    world.server.readAll(coreEvents, namespace).filter((event) => event.reason === "ModuleTrapped");
  await world.until("the failure is told", () => trapped().length > 0);
  const version = status()?.edge?.version ?? "";
  expect(trapped()[0]).toMatchObject({
    type: "Warning",
    involvedObject: { kind: "EdgeFunction", name: "checkout", uid: world.edgeFunction()?.metadata.uid },
    message: expect.stringMatching(
      new RegExp(
        `^Version ${version} failed to answer \\d+ requests on pod .*\\nno \\[31mdebug\\[redacted\\]$`,
        "s",
      ),
    ) as string,
  });
  const { resourceVersion } = world.edgeFunction()?.metadata ?? {};
  await world.until("later failures are told", () => trapped().length > 1);
  await prober.stop();
  expect(world.clock.now() - started).toBeGreaterThanOrEqual(60_000);
  expect(resourceVersion).toBe(world.edgeFunction()?.metadata.resourceVersion);
});
