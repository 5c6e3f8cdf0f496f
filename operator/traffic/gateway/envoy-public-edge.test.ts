/** A real Envoy and an edge outside of the cluster: Cloudflare's way of answering, with a Worker that runs. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuiltModules, builtModules } from "../../../test/kit/built-modules.ts";
import { cloudflareEdges, specOf } from "../../../test/kit/cloudflare-edge.ts";
import { type DnsServer, startDnsServer } from "../../../test/kit/dns-server.ts";
import { type EchoServer, startEchoServer } from "../../../test/kit/echo-server.ts";
import {
  type FakeCloudflare,
  startFakeCloudflare,
} from "../../../test/kit/fake-cloudflare/fake-cloudflare.ts";
import { gatewayEntry } from "../../../test/kit/gateway-entry.ts";
import { identityOf } from "../../../test/kit/identity-of.ts";
import { type RealGateway, startRealGateway } from "../../../test/kit/real-gateway.ts";
import { workerOf } from "../../../test/kit/workerd-world.ts";
import type { Path } from "./entry.ts";
import { missingOf } from "./expectation.ts";
import { opsClient } from "./ops-client.ts";

const address = "127.9.8.1";
const echo = workerOf(`export default { async fetch(request) {
  return Response.json({ server: "edge", url: request.url, headers: Object.fromEntries(request.headers), body: await request.text() });
} };`);

interface Echoed {
  readonly server: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const call = async (headers: Record<string, string> = {}, body = "abc"): Promise<Echoed> => {
  const answer = await request(`http://${address}:20000/a//b?c=%20d`, { method: "POST", headers, body });
  return (await answer.body.json()) as Echoed;
};

describe("a gateway before an edge outside of the cluster", () => {
  let fake: FakeCloudflare;
  let modules: BuiltModules;
  let dns: DnsServer;
  let gateway: RealGateway;
  let workload: EchoServer;
  let folder: string;
  let path: Path;

  const route = async (weight: number, changed: Path = path): Promise<void> => {
    const entry = gatewayEntry(address, { weight, path: changed });
    await gateway.apply([entry]);
    await expect.poll(async () => missingOf(await opsClient().read(address), entry)).toBeUndefined();
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ebb-authorities-"));
    [fake, modules] = await Promise.all([
      startFakeCloudflare({ address: "127.9.8.2" }),
      builtModules("cloudflare"),
    ]);
    const fn = identityOf("echo");
    const provider = cloudflareEdges(fake, modules).provider(specOf(fake), "shop");
    expect(await provider.publish(fn, echo)).toEqual({ done: true });
    const { host } = provider.upstream(fn, "");
    await writeFile(join(folder, "ca.pem"), fake.authority);
    dns = await startDnsServer(address);
    dns.set(host, [fake.address]);
    path = { edge: { host, port: fake.port, isPublic: true }, origin: { address, port: 8000 } };
    workload = await startEchoServer({ name: "workload", address, port: 8000 });
    gateway = await startRealGateway({
      address,
      nameServer: { address, port: dns.port },
      authorities: join(folder, "ca.pem"),
    });
  });

  afterAll(async () => {
    await Promise.all([gateway.stop(), dns.stop(), workload.stop(), fake.stop(), modules.remove()]);
    await rm(folder, { recursive: true });
  });

  it("brings the request there as the caller has sent it", async () => {
    await route(100);
    const sent = { host: "auth.shop.svc:8080", "x-forwarded-for": "203.0.113.7", "x-mine": "1" };
    const { server, url, headers, body } = await call(sent);
    expect({ server, url, body }).toEqual({
      server: "edge",
      url: "http://auth.shop.svc:8080/a//b?c=%20d",
      body: "abc",
    });
    expect(headers).toMatchObject({
      ...sent,
      "x-forwarded-host": "auth.shop.svc:8080",
      "x-forwarded-proto": "http",
    });
    expect(Object.keys(headers).filter((name) => name.startsWith("x-ebb-"))).toEqual([]);
  });

  it("tells the edge of an https request, and of the host in front of an ingress", async () => {
    const sent = { host: "auth.example", "x-forwarded-proto": "https", "x-forwarded-host": "first.example" };
    expect(await call(sent)).toMatchObject({
      url: "https://auth.example/a//b?c=%20d",
      headers: { "x-forwarded-proto": "https", "x-forwarded-host": "first.example" },
    });
  });

  it("lets nobody say who the request was for", async () => {
    const { url } = await call({ host: "auth.example", "x-ebb-host": "evil.example", "x-ebb-probe": "1" });
    expect(url).toBe("http://auth.example/a//b?c=%20d");
  });

  it("changes nothing on the way to the workload", async () => {
    await route(0);
    expect((await call({ host: "auth.shop.svc:8080" })).server).toBe("workload");
    const raw = workload.seen.at(-1)?.rawHeaders ?? [];
    expect(raw).toContain("auth.shop.svc:8080");
    expect(raw.filter((name) => /^x-(ebb-|forwarded-host)/i.test(name))).toEqual([]);
  });

  it("goes to the workload while the edge has another's certificate, or cannot be reached", async () => {
    const foreign = { ...path.edge, host: "ebb-fn-1.other.workers.dev" };
    dns.set(foreign.host, [fake.address]);
    await route(100, { ...path, edge: foreign });
    expect((await call()).server).toBe("workload");
    await route(100, { ...path, edge: { ...path.edge, port: 9 } });
    expect((await call()).server).toBe("workload");
  });
});
