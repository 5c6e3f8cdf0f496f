/** A component of wasi:http takes the workload's place: from the bytes in a ConfigMap to answers of workerd. */
import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { edgeFunctions } from "../../operator/kube/edge-objects.ts";
import { configMaps } from "../../operator/kube/objects.ts";
import { call } from "./caller.ts";
import { namespace } from "./checkout.ts";
import { given, type World } from "./world.ts";

const component = readFileSync(new URL("../../bench/peers/wasi-http-hello/hello.wasm", import.meta.url));
const ref = { namespace, name: "component" };

let world: World;

afterEach(() => world.end());

async function apply(bytes: Buffer): Promise<void> {
  world = await given.cluster({ deployment: "checkout", replicas: 2, pool: "workerd" });
  const binaryData = { "module.wasm": bytes.toString("base64") };
  world.server.put(configMaps, { metadata: ref, binaryData });
  world.startOperator();
  const module = { configMapKeyRef: { name: ref.name, key: "module.wasm" }, abi: "Auto" } as const;
  world.apply("checkout", { workloadRef: { name: "checkout" }, module });
}

it("is told by its bytes, transpiled, published, and serves; an operator that starts again changes nothing", async () => {
  await apply(component);
  await world.untilOffloaded();
  const { module, edge } = world.edgeFunction()?.status ?? {};
  expect(module).toMatchObject({ abi: "WasiHttp", size: component.length });
  expect(await call(world, "checkout", 12)).toMatchObject({ bodies: new Map([["hello\n", 12]]), lost: [] });
  await world.restartOperator();
  world.server.change(edgeFunctions, { namespace, name: "checkout" }, (live) => ({
    ...live,
    spec: { ...live.spec, offload: { drainPeriod: "6s" } },
  }));
  await world.until("the change is observed", () => {
    const { metadata, status } = world.edgeFunction() ?? {};
    return status?.observedGeneration === metadata?.generation;
  });
  expect(world.edgeFunction()?.status?.edge?.version).toBe(edge?.version);
});

it("stays where it is when the transpiler refuses the component, and says why", async () => {
  // Its imports and exports are whole, the code of its core modules is not.
  const broken = Buffer.from(component);
  broken.fill(0xff, 20_000, 20_200);
  await apply(broken);
  await world.untilCondition("checkout", "Stalled", "True", "ModuleNotAdapted");
  const ready = world.edgeFunction()?.status?.conditions?.find(({ type }) => type === "Ready");
  expect(ready?.message).toMatch(/^The component cannot be transpiled for the edge: /);
  expect(world.edgeFunction()?.status?.module).toBeUndefined();
});
