/** What the operator renders for a gateway, for every shape of EdgeFunction that the CRD allows: a real Envoy takes it. */
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { functionHeader, functionKey, poolName, ports } from "../operator/api/v1alpha1/names.ts";
import type { EdgeFunctionSpec } from "../operator/api/v1alpha1/generated/edge-function.ts";
import { routeOf } from "../operator/reconcile/steps/attach-gateway.ts";
import {
  addPath,
  advance,
  open,
  pathOf,
  prepare,
  routeTo,
} from "../operator/traffic/endpoint-slice/entry-changes.ts";
import type { GatewayEntry, Path, Stage } from "../operator/traffic/gateway/entry.ts";
import { missingOf } from "../operator/traffic/gateway/expectation.ts";
import { opsClient } from "../operator/traffic/gateway/ops-client.ts";
import { mostFunctions } from "../operator/traffic/gateway/render-config.ts";
import type { EntryChange } from "../operator/traffic/gateway/writer.ts";
import { loadSchema } from "./kit/crd-schema.ts";
import { type DnsServer, startDnsServer } from "./kit/dns-server.ts";
import { anyOf } from "./kit/from-schema.ts";
import { properties } from "./kit/fake-apiserver/structural-schema.ts";
import { gatewayEntry } from "./kit/gateway-entry.ts";
import { type RealGateway, startRealGateway } from "./kit/real-gateway.ts";

const seed = 20_261_124;
const address = "127.9.6.1";

/** What decides on an entry beside the EdgeFunction: its Service, its way, how far it has come. */
const anySurroundings = fc.record({
  name: fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?$/),
  namespace: fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?$/),
  uid: fc.uuid(),
  portName: fc.constantFrom(undefined, "http", "a"),
  portNumber: fc.integer({ min: 1, max: 65_535 }),
  appProtocol: fc.constantFrom(undefined, "http", "kubernetes.io/ws"),
  families: fc.constantFrom<("IPv4" | "IPv6")[]>(["IPv4"], ["IPv6"], ["IPv4", "IPv6"], ["IPv6", "IPv4"]),
  origins: fc.uniqueArray(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 2, maxLength: 2 }),
  version: fc.stringMatching(/^v[0-9a-f]{1,12}$/),
  weight: fc.integer({ min: 0, max: 100 }),
  moves: fc.boolean(),
  stage: fc.constantFrom<Stage>("prepared", "serving", "leaving", "draining", "closing"),
});
type Surroundings = typeof anySurroundings extends fc.Arbitrary<infer T> ? T : never;

/** Where a module comes from decides on nothing here, and its rules refuse nearly all that chance makes. */
const { module: _module, ...fields } = properties(loadSchema("edgefunctions", "spec"));
const schema = { ...loadSchema("edgefunctions", "spec"), properties: fields, required: ["workloadRef"] };

const anyShape = fc.tuple(anyOf(schema) as fc.Arbitrary<EdgeFunctionSpec>, anySurroundings);

/** The entry that the operator would come to, by its own steps. */
function entryOf(spec: EdgeFunctionSpec, around: Surroundings, gatewayPort: number): GatewayEntry {
  const { name, namespace, uid, version, families, appProtocol } = around;
  const identity = { key: functionKey(uid), name, namespace, uid };
  const { serviceRef } = spec;
  const portName = serviceRef?.port?.name ?? around.portName;
  const port = {
    port: serviceRef?.port?.number ?? around.portNumber,
    ...(portName === undefined ? {} : { name: portName }),
    ...(appProtocol === undefined ? {} : { appProtocol }),
  };
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: serviceRef?.name ?? spec.workloadRef.name, namespace },
    spec: { ipFamilies: families },
  };
  const upstream = (): ReturnType<Parameters<typeof routeOf>[0]["provider"]["upstream"]> => ({
    host: `${poolName}.${namespace}.svc`,
    port: ports.poolHttp,
    headers: { [functionHeader]: `${identity.key}/${version}` },
  });
  const context = { identity, provider: { upstream }, status: { isTrue: () => false } };
  const fn = routeOf(context, { service, port }, version, { name: "ebb-gateway", port: gatewayPort });
  const [first, second] = around.origins.map((origin): Path["origin"] => ({
    address: origin,
    port: port.port,
  }));
  if (first === undefined || second === undefined) throw new Error("two origins are needed");
  const steps: EntryChange[] = [prepare(fn, first, 0), open(0), addPath(pathOf(fn, second))];
  steps.push(
    routeTo(fn, pathOf(fn, around.moves ? second : first), spec.placement === "Edge" ? around.weight : 0),
  );
  const way: Stage[] = ["serving", "leaving", "draining", "closing"];
  for (const [at, to] of way.slice(1).entries()) steps.push(advance(way[at] ?? "serving", to, 0));
  const taken = around.stage === "prepared" ? 1 : 4 + way.indexOf(around.stage);
  const entry = steps
    .slice(0, taken)
    .reduce<GatewayEntry | undefined>((entry, step) => step(entry, new Map()), undefined);
  if (entry === undefined) throw new Error("no entry was made");
  return entry;
}

let gateway: RealGateway | undefined;
let names: DnsServer;
beforeAll(async () => {
  // It knows no name, and says so at once.
  names = await startDnsServer(address);
});
afterEach(() => gateway?.stop());
afterAll(() => names.stop());

const start = async (entries: readonly GatewayEntry[]): Promise<RealGateway> => {
  gateway = await startRealGateway({ address, entries, nameServer: { address, port: names.port } });
  return gateway;
};

describe("a real Envoy", () => {
  it(`takes ${mostFunctions} functions of every shape together, and changes between them`, async () => {
    const shapes = fc.sample(anyShape, { seed, numRuns: 2 * mostFunctions });
    const entries = shapes.map(([spec, around], index) => entryOf(spec, around, 20_000 + index));
    const [first, second] = [entries.slice(0, mostFunctions), entries.slice(mostFunctions)];
    const { apply, output } = await start(first);
    for (const wanted of [first, second]) {
      if (wanted !== first) await apply(wanted);
      await expect
        .poll(async () => {
          const state = await opsClient().read(address);
          return wanted.flatMap((entry) => missingOf(state, entry) ?? []);
        })
        .toEqual([]);
    }
    expect(await opsClient().rejections(address)).toEqual([]);
    expect([...(await opsClient().read(address)).rejected.values()].filter((count) => count > 0)).toEqual([]);
    expect(output()).not.toMatch(/reject|\[error\]|\[critical\]/);
  });

  it("refuses a shape that the CRD does not allow, and says so", async () => {
    const { apply } = await start([]);
    const path: Path = { edge: { host: "edge", port: 8080 }, origin: { address: "no address", port: 80 } };
    await apply([gatewayEntry(address, { path })]);
    await expect
      .poll(async () => (await opsClient().read(address)).rejected.get("clusters"))
      .toBeGreaterThan(0);
  });
});
