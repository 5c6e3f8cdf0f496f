/** Which requests a real Envoy loses while hosts of the edge and the workload are dead: none that can be sent again. */
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DnsServer, startDnsServer } from "../../../test/kit/dns-server.ts";
import { type EchoServer, startEchoServer } from "../../../test/kit/echo-server.ts";
import { gatewayEntry } from "../../../test/kit/gateway-entry.ts";
import { type RealGateway, startRealGateway } from "../../../test/kit/real-gateway.ts";
import { missingOf } from "./expectation.ts";
import { opsClient } from "./ops-client.ts";

const address = "127.9.2.1";
const pool = ["127.9.2.2", "127.9.2.3"] as const;
const path = { edge: { host: "pool.test", port: 8080 }, origin: { address, port: 8000 } };

let dns: DnsServer;
let gateway: RealGateway;
beforeAll(async () => {
  dns = await startDnsServer(address);
  dns.set("pool.test", pool);
  gateway = await startRealGateway({ address, nameServer: { address, port: dns.port } });
});
afterAll(async () => {
  await Promise.all([gateway.stop(), dns.stop()]);
});

async function route(weight: number): Promise<void> {
  const entry = gatewayEntry(address, { weight, path });
  await gateway.apply([entry]);
  await expect.poll(async () => missingOf(await opsClient().read(address), entry)).toBeUndefined();
}

interface Alive {
  readonly pods: readonly string[];
  readonly workload: boolean;
}

async function serve({ pods, workload }: Alive): Promise<EchoServer[]> {
  const servers = pods.map((pod) => startEchoServer({ name: "edge", address: pod, port: 8080 }));
  if (workload) servers.push(startEchoServer({ name: "workload", address, port: 8000 }));
  return Promise.all(servers);
}

async function count(method: "GET" | "POST", requests: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let sent = 0; sent < requests; sent += 1) {
    const answer = await request(`http://${address}:20000/`, {
      method,
      ...(method === "POST" ? { body: "abc" } : {}),
    });
    const text = await answer.body.text();
    const who =
      answer.statusCode === 200 ? (JSON.parse(text) as { server: string }).server : `${answer.statusCode}`;
    counts[who] = (counts[who] ?? 0) + 1;
  }
  return counts;
}

const cases = [
  {
    what: "one pool pod dead, workload at 0",
    weight: 100,
    pods: [pool[1]],
    workload: false,
    by: { edge: 100 },
  },
  {
    what: "the other pool pod dead, workload at 0",
    weight: 100,
    pods: [pool[0]],
    workload: false,
    by: { edge: 100 },
  },
  { what: "one pool pod dead, workload up", weight: 100, pods: [pool[1]], workload: true, by: { edge: 100 } },
  { what: "the whole pool dead, workload up", weight: 100, pods: [], workload: true, by: { workload: 100 } },
  { what: "workload dead at weight 0", weight: 0, pods: pool, workload: false, by: { edge: 100 } },
  {
    what: "workload and one pool pod dead at weight 0",
    weight: 0,
    pods: [pool[1]],
    workload: false,
    by: { edge: 100 },
  },
  {
    what: "workload and the other pool pod dead at weight 0",
    weight: 0,
    pods: [pool[0]],
    workload: false,
    by: { edge: 100 },
  },
];

describe.each(cases)("$what", ({ weight, pods, workload, by }) => {
  it.each(["GET", "POST"] as const)("loses 0 of 100 %s", async (method) => {
    const servers = await serve({ pods, workload });
    await route(weight);
    const counts = await count(method, 100);
    await Promise.all(servers.map((server) => server.stop()));
    expect(counts).toEqual(by);
  });
});

it("answers at weight 50 with either side dead", async () => {
  await route(50);
  for (const alive of [
    { pods: [], workload: true },
    { pods: pool, workload: false },
  ]) {
    const servers = await serve(alive);
    const counts = await count("POST", 100);
    await Promise.all(servers.map((server) => server.stop()));
    expect(counts).toEqual({ [alive.workload ? "workload" : "edge"]: 100 });
  }
});

it("sends a GET again when its host is killed, and never a POST", async () => {
  await route(100);
  const workload = await startEchoServer({ name: "workload", address, port: 8000 });
  const dies = pods(pool, (_, response) => {
    response.destroy();
    return true;
  });
  const servers = await Promise.all(dies);
  expect(await count("GET", 20)).toEqual({ workload: 20 });
  expect(await count("POST", 20)).toEqual({ "503": 20 });
  expect(workload.seen.filter(({ method }) => method === "POST")).toEqual([]);
  await Promise.all([...servers, workload].map((server) => server.stop()));
});

it("finds a pool pod that takes the place of another", async () => {
  await route(100);
  dns.set("pool.test", ["127.9.2.4"]);
  const server = await startEchoServer({ name: "edge", address: "127.9.2.4", port: 8080 });
  await expect.poll(() => count("GET", 1), { timeout: 30_000 }).toEqual({ edge: 1 });
  dns.set("pool.test", pool);
  await server.stop();
});

function pods(
  addresses: readonly string[],
  answer: Parameters<typeof startEchoServer>[0]["answer"] & object,
): Promise<EchoServer>[] {
  return addresses.map((pod) => startEchoServer({ name: "edge", address: pod, port: 8080, answer }));
}
