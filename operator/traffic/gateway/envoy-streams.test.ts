/** What passes a real Envoy while it is under way: nothing waits in the gateway, and either end sees the other's. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { gatewayEntry } from "../../../test/kit/gateway-entry.ts";
import { differences } from "../../../test/kit/golden-lines.ts";
import { parseAnswer } from "../../../test/kit/raw-http.ts";
import { type RealGateway, startRealGateway } from "../../../test/kit/real-gateway.ts";

const sides = [
  { side: "workload", weight: 0, port: 8000, address: "127.9.4.3" },
  { side: "edge", weight: 100, port: 8080, address: "127.9.4.4" },
];
const gatewayPort = 20_000;
const host = "Host: shop.example\r\n";
const upgrade = `${host}Connection: Upgrade\r\nUpgrade: websocket\r\n`;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

describe.each(sides)("in front of the $side", ({ weight, port, address }) => {
  let gateway: RealGateway;
  let server: Server;
  let handler: Handler;
  const open: Socket[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => handler(request, response));
    server.on("checkContinue", (request, response) => handler(request, response));
    server.listen(port, address);
    await once(server, "listening");
    gateway = await startRealGateway({ address, entries: [gatewayEntry(address, { weight })] });
  });
  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
    server.removeAllListeners("upgrade");
  });
  afterAll(async () => {
    await gateway.stop();
    server.close();
    server.closeAllConnections();
  });

  /** A connection and all that it has got, in Latin-1. */
  function dial(at: number, bytes: string): { readonly socket: Socket; readonly got: () => string } {
    const socket = connect(at, address);
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
    });
    socket.on("error", () => socket.destroy());
    socket.write(Buffer.from(bytes, "latin1"));
    open.push(socket);
    return { socket, got: () => received };
  }

  it("waits for the server before it continues a request", async () => {
    const arrived = Promise.withResolvers<ServerResponse>();
    handler = (request, response) => {
      arrived.resolve(response);
      void buffer(request).then((body) => response.end(body));
    };
    const call = dial(
      gatewayPort,
      `POST / HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`,
    );
    const response = await arrived.promise;
    expect(call.got()).toBe("");
    response.writeContinue();
    await expect.poll(call.got).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    call.socket.write("abc");
    await expect.poll(call.got).toMatch(/HTTP\/1\.1 200 OK[\s\S]*abc/);
  });

  it("lets the server refuse a request before its body is sent", async () => {
    handler = (_, response) => response.writeHead(417, { "Content-Length": 0 }).end();
    const call = dial(
      gatewayPort,
      `POST / HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`,
    );
    await expect.poll(call.got).toMatch(/^HTTP\/1\.1 417 /);
  });

  it("sends every piece of an answer on as it comes", async () => {
    const arrived = Promise.withResolvers<ServerResponse>();
    handler = (_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("data: 1\n\n");
      arrived.resolve(response);
    };
    const call = dial(gatewayPort, `GET / HTTP/1.1\r\n${host}\r\n`);
    const response = await arrived.promise;
    await expect.poll(call.got).toContain("data: 1");
    response.write("data: 2\n\n");
    await expect.poll(call.got).toContain("data: 2");
    response.end();
    await expect.poll(() => parseAnswer(call.got()).complete).toBe(true);
  });

  it("sends every piece of a request on as it comes, and the answer before its end", async () => {
    let pieces = "";
    handler = (request, response) => {
      request.on("data", (chunk: Buffer) => {
        pieces += chunk.toString();
        if (pieces === "one") response.writeHead(200).write("early");
      });
      request.on("end", () => response.end("late"));
    };
    const call = dial(gatewayPort, `POST / HTTP/1.1\r\n${host}Content-Length: 6\r\n\r\none`);
    await expect.poll(call.got).toContain("early");
    call.socket.write("two");
    await expect.poll(call.got).toContain("late");
    expect(pieces).toBe("onetwo");
  });

  it("tells the server when the client has gone", async () => {
    const gone = Promise.withResolvers<boolean>();
    handler = (_, response) => {
      response.writeHead(200).write("first");
      response.on("close", () => gone.resolve(response.writableFinished));
    };
    const call = dial(gatewayPort, `GET / HTTP/1.1\r\n${host}\r\n`);
    await expect.poll(call.got).toContain("first");
    call.socket.destroy();
    expect(await gone.promise).toBe(false);
  });

  it("answers requests that follow each other without waiting, in their order", async () => {
    handler = (request, response) => response.end(`[${request.url}]`);
    const three = ["/1", "/2", "/3"].map((path) => `GET ${path} HTTP/1.1\r\n${host}\r\n`);
    const call = dial(gatewayPort, three.join(""));
    await expect.poll(call.got).toMatch(/\[\/1\][\s\S]*\[\/2\][\s\S]*\[\/3\]/);
  });

  it("speaks HTTP/1.0, with a kept connection and without", async () => {
    handler = (_, response) => response.end("body");
    const kept = dial(gatewayPort, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    await expect.poll(kept.got).toMatch(/^HTTP\/1\.[01] 200 [\s\S]*body$/);
    const single = dial(gatewayPort, "GET / HTTP/1.0\r\n\r\n");
    await once(single.socket, "close");
    expect(single.got()).toMatch(/^HTTP\/1\.[01] 200 [\s\S]*body$/);
  });

  it("carries a WebSocket's handshake and frames both ways", async () => {
    const seen: string[][] = [];
    server.on("upgrade", (request: IncomingMessage, socket: Socket) => {
      seen.push(
        request.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : [])),
      );
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
      );
      socket.pipe(socket);
    });
    const frame = Buffer.from(Array.from({ length: 256 }, (_, code) => code)).toString("latin1");
    const handshake = `${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a, b\r\nOrigin: http://shop.example\r\n`;
    const got: string[] = [];
    for (const at of [port, gatewayPort]) {
      const call = dial(at, `GET /chat?x=1 HTTP/1.1\r\n${handshake}\r\n`);
      await expect.poll(call.got).toContain("\r\n\r\n");
      call.socket.write(Buffer.from(frame, "latin1"));
      await expect.poll(call.got).toContain(frame);
      got.push(call.got());
    }
    const [direct = [], through = []] = seen.map((lines) =>
      lines.filter((line) => !/^x-(forwarded|ebb)-/i.test(line)),
    );
    expect(differences(direct, through)).toEqual([]);
    const [plain = "", carried = ""] = got.map((text) => text.replace(/^date: .*\r\n/im, ""));
    expect(differences(plain.split("\r\n"), carried.split("\r\n"))).toEqual([]);
  });

  it.each(["client", "server"])("ends a WebSocket when the %s does", async (first) => {
    const accepted = Promise.withResolvers<Socket>();
    server.on("upgrade", (_: IncomingMessage, socket: Socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
      accepted.resolve(socket);
    });
    const call = dial(gatewayPort, `GET / HTTP/1.1\r\n${upgrade}\r\n`);
    const far = await accepted.promise;
    await expect.poll(call.got).toMatch(/^HTTP\/1\.1 101 /);
    const [ending, other] = first === "client" ? [call.socket, far] : [far, call.socket];
    const closed = once(other, "end");
    ending.end();
    other.resume();
    await closed;
  });

  it("passes on that a server refuses a WebSocket", async () => {
    handler = (_, response) => response.end("no upgrade here");
    server.on("upgrade", (_: IncomingMessage, socket: Socket) => {
      socket.end("HTTP/1.1 403 Not Here\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    });
    const call = dial(gatewayPort, `GET / HTTP/1.1\r\n${upgrade}\r\n`);
    await expect.poll(call.got).toMatch(/^HTTP\/1\.1 403 [\s\S]*no$/);
  });

  it("answers a request that offers an upgrade nobody takes", async () => {
    handler = (request, response) => response.end(request.httpVersion);
    const offer =
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    const call = dial(gatewayPort, `GET / HTTP/1.1\r\n${host}${offer}\r\n`);
    await expect.poll(call.got).toMatch(/^HTTP\/1\.1 200 [\s\S]*1\.1/);
  });
});
