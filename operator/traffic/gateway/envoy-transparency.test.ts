/** What a workload and its clients see of a real Envoy between them: nothing but X-Forwarded-*. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request as httpRequest, type Server } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { gatewayEntry } from "../../../test/kit/gateway-entry.ts";
import { type RealGateway, startRealGateway } from "../../../test/kit/real-gateway.ts";
import { missingOf } from "./expectation.ts";
import { opsClient } from "./ops-client.ts";

const address = "127.9.4.1";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly version: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly rawTrailers: readonly string[];
}

let gateway: RealGateway;
let workload: Server;
let edge: Server;
beforeAll(async () => {
  [workload, edge] = (await Promise.all([8000, 8080].map(serve))) as [Server, Server];
  gateway = await startRealGateway({ address });
});
afterAll(async () => {
  workload.closeAllConnections();
  edge.closeAllConnections();
  workload.close();
  edge.close();
  await gateway.stop();
});

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade === "websocket";
}

async function serve(port: number): Promise<Server> {
  const server = createServer({ shouldUpgradeCallback: isWebSocket }, (request, response) => {
    void text(request).then((body) => {
      const { method = "", url = "", httpVersion: version, rawHeaders, rawTrailers } = request;
      const seen: Seen = { method, url, version, rawHeaders, body, rawTrailers };
      response.setHeader("X-Served-By", "NODE");
      response.setHeader("Server", "workload/1.0");
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      response.writeHead(
        request.headers["x-status"] === undefined ? 200 : Number(request.headers["x-status"]),
        "Fine",
      );
      response.end(JSON.stringify(seen));
    });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    socket.write(`${request.url} `);
    socket.pipe(socket);
  });
  server.listen(port, address);
  await once(server, "listening");
  return server;
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

interface Got {
  readonly status: number;
  readonly message: string;
  readonly rawHeaders: readonly string[];
  readonly seen: Seen;
}

function send(port: number, { method = "GET", path = "/", headers = [], body }: Sent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const all = ["Host", "shop.example", ...headers];
    const call = httpRequest({ host: address, port, method, path, headers: all, setHost: false });
    call.once("error", reject);
    call.once("response", (answer) => {
      text(answer).then((content) => {
        const { statusCode: status = 0, statusMessage: message = "", rawHeaders } = answer;
        resolve({ status, message, rawHeaders, seen: JSON.parse(content) as Seen });
      }, reject);
    });
    call.end(body);
  });
}

const allowed = /^(x-forwarded-.*|via|connection|keep-alive|date|x-ebb-.*)$/i;

/** Without what a proxy may change; x-ebb-* is only ever at the edge, which takes it away. */
function comparable(rawHeaders: readonly string[]): string[] {
  const pairs = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 && !allowed.test(name) ? [`${name}: ${rawHeaders[index + 1]}`] : [],
  );
  return pairs.toSorted();
}

const requests: Record<string, Sent> = {
  "a plain GET": {},
  "header names as they were sent": { headers: ["X-CamelCase", "1", "x-lower", "2", "X_Under", "3"] },
  "a repeated header": { headers: ["X-Many", "1", "X-Many", "2"] },
  "a path as it was sent": { path: "/a//b/../c%2Fd;v=1?q=a+b&&x=%20" },
  "headers that mean something to Envoy": {
    headers: ["X-Request-Id", "mine", "x-envoy-original-path", "/x"],
  },
  "a client's X-Request-Id and tracing": {
    headers: ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  },
  "a POST with a length": {
    method: "POST",
    headers: ["Content-Length", "3", "Content-Type", "text/plain"],
    body: "abc",
  },
  "a POST in chunks": { method: "POST", headers: ["Transfer-Encoding", "chunked"], body: "abc" },
  "a GET with a body": { method: "GET", headers: ["Content-Length", "3"], body: "abc" },
  "a method of its own": { method: "PROPFIND" },
  "a large header": { headers: ["X-Large", "v".repeat(12_000)] },
  "an error status": { headers: ["X-Status", "503"] },
  "a body over the buffer": {
    method: "POST",
    headers: ["Content-Length", String(9_000_000)],
    body: "b".repeat(9_000_000),
  },
};

describe.each([
  { side: "workload", weight: 0, port: 8000 },
  { side: "edge", weight: 100, port: 8080 },
])("in front of the $side", ({ weight, port }) => {
  beforeEach(async () => {
    const entry = gatewayEntry(address, { weight });
    await gateway.apply([entry]);
    await expect.poll(async () => missingOf(await opsClient().read(address), entry)).toBeUndefined();
  });

  it.each(Object.entries(requests))("passes %s as it is", async (_, sent) => {
    const [direct, through] = await Promise.all([send(port, sent), send(20_000, sent)]);
    expect(comparable(through.seen.rawHeaders)).toEqual(comparable(direct.seen.rawHeaders));
    const { method, url, version, body } = direct.seen;
    expect(through.seen).toMatchObject({ method, url, version, body });
    expect(comparable(through.rawHeaders)).toEqual(comparable(direct.rawHeaders));
    expect(through.status).toBe(direct.status);
  });

  it("leaves X-Forwarded-For as the ingress controller set it", async () => {
    const { seen } = await send(20_000, {
      headers: ["X-Forwarded-For", "203.0.113.7", "X-Forwarded-Proto", "https"],
    });
    expect(seen.rawHeaders.join(" ")).toContain("X-Forwarded-For 203.0.113.7 X-Forwarded-Proto https");
  });

  it("waits for the server before it continues a request", async () => {
    const socket = connect(20_000, address);
    socket.write(
      "POST / HTTP/1.1\r\nHost: shop.example\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    );
    const [first] = (await once(socket, "data")) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 100 Continue/);
    socket.write("abc");
    const [second] = (await once(socket, "data")) as [Buffer];
    expect(second.toString()).toMatch(/^HTTP\/1\.1 200/);
    socket.destroy();
  });

  it("carries a WebSocket", async () => {
    const socket = connect(20_000, address);
    socket.write(
      "GET /chat HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString();
    });
    await expect.poll(() => received).toMatch(/^HTTP\/1\.1 101 [\s\S]*\/chat $/);
    socket.write("hello");
    await expect.poll(() => received).toMatch(/hello$/);
    socket.destroy();
  });

  it("answers a request that offers an upgrade nobody takes", async () => {
    const offer = [
      "Connection",
      "Upgrade, HTTP2-Settings",
      "Upgrade",
      "h2c",
      "HTTP2-Settings",
      "AAMAAABkAAQAAP__",
    ];
    expect(await send(20_000, { headers: offer })).toMatchObject({ status: 200, seen: { version: "1.1" } });
  });

  it("takes HTTP/2 without TLS", async () => {
    const session = connectHttp2(`http://${address}:20000`);
    const stream = session.request({ ":path": "/h2", "x-one": "1" });
    expect(JSON.parse(await text(stream))).toMatchObject({ url: "/h2", version: "1.1" });
    session.close();
  });

  it("speaks HTTP/1.0", async () => {
    const socket = connect(20_000, address);
    socket.write("GET / HTTP/1.0\r\nHost: shop.example\r\n\r\n");
    expect(await text(socket)).toMatch(/^HTTP\/1\.[01] 200/);
  });
});
