/** A real Envoy for a Service of both address families, and for one of IPv6 alone. */
import { afterEach, expect, it } from "vitest";
import { type EchoServer, startEchoServer } from "../../../test/kit/echo-server.ts";
import { gatewayEntry } from "../../../test/kit/gateway-entry.ts";
import { type RealGateway, startRealGateway } from "../../../test/kit/real-gateway.ts";
import { missingOf } from "./expectation.ts";
import { opsClient } from "./ops-client.ts";

const address = "127.9.4.8";
/** No other test has these: an address of all interfaces is everybody's. */
const port = 22_345;

let gateway: RealGateway;
let edge: EchoServer;
afterEach(async () => {
  await gateway.stop();
  await edge.stop();
});

it.each([
  { families: ["IPv4", "IPv6"] as const, hosts: [address, "[::1]"] },
  { families: ["IPv6"] as const, hosts: ["[::1]"] },
])("answers at every address for $families, and tells its state", async ({ families, hosts }) => {
  edge = await startEchoServer({ name: "edge", address, port: 8080 });
  const service = { name: "checkout", portName: "http", families };
  const entry = gatewayEntry(address, { port, service });
  gateway = await startRealGateway({ address, entries: [entry] });
  for (const host of [address, "::1"]) {
    await expect.poll(async () => missingOf(await opsClient().read(host), entry)).toBeUndefined();
  }
  for (const host of hosts) {
    const answer = await fetch(`http://${host}:${port}/`);
    expect(await answer.json()).toMatchObject({ server: "edge" });
  }
});
