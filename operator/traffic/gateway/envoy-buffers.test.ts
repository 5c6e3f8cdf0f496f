/** What a real Envoy keeps of bodies: enough to send one again, and never so much that its pod is killed. */
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { gatewayEntry } from "../../../test/kit/gateway-entry.ts";
import { request } from "../../../test/kit/golden-exchanges.ts";
import { exchange } from "../../../test/kit/raw-http.ts";
import { type RealGateway, startRealGateway } from "../../../test/kit/real-gateway.ts";

const address = "127.9.4.5";
const mebibyte = 1024 * 1024;
/** The gateway container's memory limit. */
const limit = 512 * mebibyte;

let gateway: RealGateway | undefined;
const servers: Server[] = [];
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await gateway?.stop();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(port: number, listener: RequestListener): Promise<Set<Socket>> {
  const sockets = new Set<Socket>();
  const server = createServer(listener).on("connection", (socket: Socket) => sockets.add(socket));
  servers.push(server.listen(port, address));
  await once(server, "listening");
  return sockets;
}

async function startWith(weight: number): Promise<RealGateway> {
  gateway = await startRealGateway({ address, entries: [gatewayEntry(address, { weight })] });
  return gateway;
}

const countBytes: RequestListener = (incoming, response) => {
  let bytes = 0;
  incoming.on("data", (chunk: Buffer) => (bytes += chunk.length));
  incoming.on("end", () => response.end(String(bytes)));
};

it.each(["POST", "PUT"])("sends a %s of 1 MiB to the workload when the edge refuses", async (method) => {
  await serve(8000, countBytes);
  await startWith(100);
  const bytes = request(`${method} /`, [`Content-Length: ${mebibyte}`], "b".repeat(mebibyte));
  expect(await exchange(address, 20_000, bytes)).toMatchObject({ status: "200 OK", body: String(mebibyte) });
});

describe.each([
  { side: "workload", weight: 0, port: 8000 },
  { side: "edge", weight: 100, port: 8080 },
])("with the $side behind it", ({ weight, port }) => {
  it("stays within its memory while 200 clients do not read their answers", async () => {
    const answer = Buffer.alloc(4 * mebibyte);
    const sockets = await serve(port, (_, response) => response.end(answer));
    const { memory } = await startWith(weight);
    for (let index = 0; index < 200; index += 1) {
      const client = connect(20_000, address);
      clients.push(client.on("error", () => client.destroy()).pause());
      client.write("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    }
    let sent = -1;
    // Nobody takes more: everything between is full.
    await expect
      .poll(
        () => {
          const former = sent;
          sent = [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
          return sent > 0 && sent === former;
        },
        { interval: 300 },
      )
      .toBe(true);
    expect(await memory()).toBeLessThan(limit);
  });

  it("stays within its memory while it waits for the answers to 40 uploads of 4 MiB", async () => {
    const held: (() => void)[] = [];
    await serve(port, (incoming, response) => {
      incoming.resume().on("end", () => held.push(() => response.end("done")));
    });
    const { memory } = await startWith(weight);
    const bytes = request("POST /", [`Content-Length: ${4 * mebibyte}`], "b".repeat(4 * mebibyte));
    const uploads = Array.from({ length: 40 }, () => exchange(address, 20_000, bytes));
    await expect.poll(() => held.length).toBe(40);
    expect(await memory()).toBeLessThan(limit);
    for (const release of held) release();
    for (const { status } of await Promise.all(uploads)) expect(status).toBe("200 OK");
  });
});
