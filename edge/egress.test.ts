/** What functions reach when their versions name it, in the real engine. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthority, issueLeaf } from "../operator/provider/workerd/certificates.ts";
import { PushedPool, workerModule } from "../test/kit/pushed-pool.ts";

const allowed = { host: "127.62.3.1", port: 7001 };
const other = { host: "127.62.3.1", port: 7002 };
const secure = { host: "localhost", port: 7003 };
const elsewhere = { host: "127.62.3.2", port: 7001 };
const urlOf = ({ host, port }: typeof allowed, path = "/") => `http://${host}:${port}${path}`;

/** Does what its body says, and answers what came of it. */
const messenger = workerModule(`import { connect } from "cloudflare:sockets";
  const tries = {
    fetch: async ({ url, init }) => {
      const answer = await fetch(url, init);
      return answer.status + " " + (await answer.text());
    },
    socket: async ({ url }) => {
      const { webSocket } = await fetch(url, { headers: { upgrade: "websocket" } });
      webSocket.accept();
      const said = await new Promise((done) => webSocket.addEventListener("message", ({ data }) => done(data)));
      webSocket.close();
      return said;
    },
    connect: ({ url }) => connect(new URL(url).host).opened.then(() => "connected"),
  };
  export default {
    async fetch(request) {
      const { how, ...what } = await request.json();
      return new Response(await tries[how](what).catch((error) => "refused: " + error.message));
    },
  };`);

const answer: RequestListener = (request, response) => {
  const to = new URL(request.url ?? "/", "http://any").searchParams.get("to");
  if (to !== null) return void response.writeHead(302, { location: to }).end();
  request.setEncoding("utf8");
  let body = "";
  request.on("data", (chunk: string) => (body += chunk));
  request.on("end", () => response.end(`${request.method} ${request.headers.host} ${body}`));
};

/** Says hello on every WebSocket. */
function greet(server: Server): Server {
  return server.on("upgrade", ({ headers }, socket) => {
    const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}${magic}`).digest("base64");
    const lines = [
      "HTTP/1.1 101 ",
      "upgrade: websocket",
      "connection: upgrade",
      `sec-websocket-accept: ${accept}`,
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    socket.write(Buffer.from([0x81, 5, ...Buffer.from("hello")]));
  });
}

describe("a function with spec.egress", () => {
  const servers: Server[] = [];
  let folder: string;
  let world: PushedPool;

  async function serve(server: Server, { host, port }: typeof allowed): Promise<void> {
    servers.push(server);
    server.listen(port, host);
    await once(server, "listening");
  }

  async function attempt(what: Record<string, unknown>, version = "fn-a/v1"): Promise<string> {
    const init = { method: "POST", body: JSON.stringify({ how: "fetch", ...what }) };
    return (await world.ask(version, "/", init)).text();
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ebb-egress-"));
    const authority = await createAuthority("test", Date.now());
    const names = [secure.host];
    const leaf = await issueLeaf(authority, { names, usage: "serverAuth", life: 3_600_000 }, Date.now());
    await writeFile(join(folder, "ca.crt"), authority.certificate);
    await serve(greet(createServer(answer)), allowed);
    await serve(createServer(answer), other);
    await serve(createServer(answer), elsewhere);
    await serve(createTlsServer({ cert: leaf.certificate, key: leaf.key }, answer), secure);
    world = await PushedPool.start("127.62.0.4", { reachesLoopback: true, trusted: join(folder, "ca.crt") });
    await world.push({
      "fn-a/v1": { ...messenger, egress: [allowed, secure] },
      "fn-b/v1": { ...messenger, egress: [other] },
      "fn-c/v1": messenger,
    });
  });

  afterAll(async () => {
    await world.stop();
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    await rm(folder, { recursive: true });
  });

  it("reaches the host and port that it names", async () => {
    const init = { method: "POST", body: "text" };
    expect(await attempt({ url: urlOf(allowed), init })).toBe("200 POST 127.62.3.1:7001 text");
    expect(await attempt({ url: "https://localhost:7003/" })).toBe("200 GET localhost:7003 ");
    expect(await attempt({ url: urlOf(allowed), how: "socket" })).toBe("hello");
  });

  it("reaches no other port, host or name of that host, and is told why", async () => {
    expect(await attempt({ url: urlOf(other) })).toBe(
      "refused: spec.egress.allow does not name 127.62.3.1 with port 7002",
    );
    for (const url of [
      urlOf(elsewhere),
      "http://localhost:7001/",
      "https://127.62.3.1:7003/",
      "http://127.62.3.1/",
    ])
      expect(await attempt({ url })).toMatch(/^refused: spec.egress.allow does not name /);
  });

  it("reaches an address however it is written", async () => {
    expect(await attempt({ url: "http://0x7f.62.769:7001/" })).toBe("200 GET 127.62.3.1:7001 ");
    expect(await attempt({ url: "http://0x7f.62.770:7001/" })).toMatch(/^refused: /);
  });

  it("is led nowhere else by a redirect, a Host header or a user in the URL", async () => {
    const to = (url: string) => urlOf(allowed, `/?to=${encodeURIComponent(url)}`);
    expect(await attempt({ url: to(urlOf(allowed)) })).toBe("200 GET 127.62.3.1:7001 ");
    expect(await attempt({ url: to(urlOf(other)) })).toMatch(/^refused: .* 7002$/);
    expect(await attempt({ url: to(urlOf(other)), init: { redirect: "manual" } })).toBe("302 ");
    const host = `${other.host}:${other.port}`;
    expect(await attempt({ url: urlOf(allowed), init: { headers: { host } } })).toContain("127.62.3.1:7001");
    expect(await attempt({ url: `http://${allowed.host}:7001@${host}/` })).toMatch(/^refused: .* 7002$/);
  });

  it("has no raw sockets", async () => {
    expect(await attempt({ url: urlOf(allowed), how: "connect" })).toMatch(/^refused: /);
  });

  it("shares nothing with the functions beside it", async () => {
    expect(await attempt({ url: urlOf(other) }, "fn-b/v1")).toBe("200 GET 127.62.3.1:7002 ");
    expect(await attempt({ url: urlOf(allowed) }, "fn-b/v1")).toMatch(/^refused: /);
    expect(await attempt({ url: urlOf(allowed) }, "fn-c/v1")).toMatch(/^refused: /);
  });

  it("still reaches it after the process was killed", async () => {
    await world.pool.crash();
    await expect
      .poll(() => attempt({ url: urlOf(allowed) }).catch(() => "not yet"))
      .toBe("200 GET 127.62.3.1:7001 ");
  });
});

describe("the pool's own configuration", () => {
  it("leads no function to the pod itself, whatever its version names", async () => {
    const server = createServer(answer);
    server.listen(allowed.port + 10, allowed.host);
    await once(server, "listening");
    const world = await PushedPool.start("127.62.0.5");
    const egress = [
      { ...allowed, port: allowed.port + 10 },
      { host: "localhost", port: allowed.port + 10 },
    ];
    await world.push({ "fn-a/v1": { ...messenger, egress } });
    for (const { host, port } of egress) {
      const body = JSON.stringify({ how: "fetch", url: `http://${host}:${port}/` });
      const response = await world.ask("fn-a/v1", "/", { method: "POST", body });
      expect(await response.text()).toMatch(/^refused: (?!.*does not name)/);
    }
    await world.stop();
    server.close();
  });
});
