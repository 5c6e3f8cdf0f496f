import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { ProberConfig, ProbeRequest } from "./config.ts";
import { probe, type Report } from "./prober.ts";
import type { Counts } from "./tally.ts";

const get: ProbeRequest = { method: "GET", path: "/a", headers: {}, expect: { status: 200, body: "A" } };
const post: ProbeRequest = {
  ...get,
  method: "POST",
  body: "{}",
  headers: { "content-type": "application/json" },
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function http(listener: RequestListener): Promise<string> {
  return listen(createServer(listener));
}

/** A server that answers nothing by itself: `behave` is told of each complete request on a connection, counted from 1. */
function raw(behave: (socket: Socket, count: number) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    let count = 0;
    socket.on("error", () => socket.destroy());
    socket.on("data", () => behave(socket, ++count));
  });
  return listen(server);
}

const answerA = "HTTP/1.1 200 OK\r\nserved-by: origin\r\ncontent-length: 1\r\n\r\nA";

/** Probes until `enough` reports of requests are in, and gives the total. */
async function probeUntil(
  config: Partial<ProberConfig> & { origin: string },
  enough: (seen: Report[]) => boolean,
): Promise<{ counts: Counts; reports: Report[] }> {
  const stop = new AbortController();
  const reports: Report[] = [];
  const full: ProberConfig = {
    name: "p",
    rate: 100,
    connections: "keep-alive",
    requests: [get],
    timeout: 2000,
    ...config,
  };
  const counts = await probe(
    full,
    (report) => {
      reports.push(report);
      if (enough(reports)) stop.abort();
    },
    stop.signal,
  );
  return { counts, reports };
}

const oneSecond = (seen: Report[]): boolean => seen.some(({ type }) => type === "second");
const oneIncident = (seen: Report[]): boolean => seen.some(({ type }) => type === "incident");

describe("a prober", () => {
  test("sends at its rate and counts the answers by who served them", async () => {
    let calls = 0;
    const origin = await http((_request, response) => {
      response.setHeader("served-by", ++calls % 4 === 0 ? "edge" : "origin").end("A");
    });
    const started = performance.now();
    const { counts, reports } = await probeUntil({ origin, rate: 200 }, oneSecond);
    const seconds = (performance.now() - started) / 1000;
    expect(counts.sent).toBeGreaterThan(150);
    expect(counts.sent).toBeLessThanOrEqual(200 * seconds);
    expect(counts.ok["edge"]).toBe(Math.floor(counts.sent / 4));
    expect((counts.ok["edge"] ?? 0) + (counts.ok["origin"] ?? 0)).toBe(counts.sent);
    expect(reports.at(-1)).toEqual({ type: "summary", name: "p", counts });
  });

  test("sends on time to a service that does not answer", async () => {
    const origin = await http(() => {});
    const { counts } = await probeUntil({ origin, timeout: 500 }, oneSecond);
    expect(counts.sent).toBeGreaterThan(80);
    expect(counts.transport).toBe(counts.sent);
  });

  test("counts 5xx without the application's mark as foreign and other answers as wrong", async () => {
    const origin = await http((request, response) => {
      if (request.url === "/none") response.writeHead(503).end("no healthy upstream");
      else if (request.url === "/own") response.writeHead(500, { "served-by": "edge" }).end("trap");
      else if (request.url === "/missing") response.writeHead(404).end("A");
      else response.end("B");
    });
    const requests = ["/none", "/own", "/missing", "/body"].map((path) => ({ ...get, path }));
    const { counts } = await probeUntil({ origin, requests }, oneSecond);
    expect(counts.ok).toEqual({});
    expect(counts.foreign).toBe(Math.ceil(counts.sent / 4));
    expect(counts.wrong).toBe(counts.sent - counts.foreign);
  });

  test("counts a refused connection as a transport error for every method", async () => {
    const origin = await http(() => {});
    for (const server of servers.splice(0)) server.close();
    const { counts } = await probeUntil({ origin, requests: [get, post] }, oneSecond);
    expect(counts.transport).toBe(counts.sent);
  });

  test("sends an idempotent request again when a kept connection closes under it", async () => {
    const origin = await raw((socket, count) => (count === 1 ? socket.write(answerA) : socket.destroy()));
    const { counts } = await probeUntil({ origin, rate: 50 }, oneSecond);
    expect(counts.retried).toBeGreaterThan(0);
    expect(counts.ok).toEqual({ origin: counts.sent });
  });

  test("does not send an idempotent request again when a new connection breaks", async () => {
    const origin = await raw((socket) => socket.destroy());
    const { counts } = await probeUntil({ origin, connections: "close" }, oneIncident);
    expect(counts.retried).toBe(0);
    expect(counts.transport).toBe(counts.sent);
  });

  test("counts a POST apart whose connection breaks after it was sent", async () => {
    const origin = await raw((socket) => socket.destroy());
    const { counts } = await probeUntil({ origin, requests: [post] }, oneIncident);
    expect(counts.unretriable).toBe(counts.sent);
    expect(counts.transport).toBe(0);
  });

  test("counts a POST apart that the gateway lost behind itself, but not one it could not place", async () => {
    const reset =
      "upstream connect error or disconnect/reset before headers. reset reason: connection termination";
    const refused =
      "upstream connect error or disconnect/reset before headers. reset reason: connection failure";
    const origin = await http((request, response) =>
      response.writeHead(503).end(request.url === "/reset" ? reset : refused),
    );
    const requests = ["/reset", "/refused"].map((path) => ({ ...post, path }));
    const { counts } = await probeUntil({ origin, requests }, oneSecond);
    expect(counts.unretriable).toBe(Math.ceil(counts.sent / 2));
    expect(counts.foreign).toBe(counts.sent - counts.unretriable);
  });

  test("counts an answer that breaks in its middle as a transport error", async () => {
    const origin = await raw((socket) => socket.end(answerA.slice(0, -1)));
    const { counts } = await probeUntil({ origin }, oneIncident);
    expect(counts.transport).toBe(counts.sent);
  });

  test("gives up a kept connection that it has not used for a while", async () => {
    const connections = new Set<Socket>();
    const unused = Promise.withResolvers<void>();
    const origin = await http((request, response) => {
      if (!connections.has(request.socket)) request.socket.once("end", () => unused.resolve());
      connections.add(request.socket);
      // While the first request is held up, a second connection is opened; then one of the two is not needed.
      setTimeout(() => response.setHeader("served-by", "origin").end("A"), connections.size === 1 ? 500 : 0);
    });
    const stop = new AbortController();
    const config = {
      name: "p",
      origin,
      rate: 50,
      connections: "keep-alive",
      requests: [get],
      timeout: 2000,
    } as const;
    const probing = probe(config, () => {}, stop.signal);
    await unused.promise;
    stop.abort();
    const counts = await probing;
    expect(counts.ok).toEqual({ origin: counts.sent });
  });

  test("keeps connections or opens one a request as it is told, and sends the Host it is told", async () => {
    const connections = new Set<unknown>();
    const hosts = new Set<unknown>();
    const origin = await http((request, response) => {
      connections.add(request.socket);
      hosts.add(request.headers.host);
      response.end("A");
    });
    const kept = await probeUntil({ origin, host: "shop.example", rate: 50 }, oneSecond);
    expect(connections.size).toBeLessThan(kept.counts.sent / 2);
    connections.clear();
    const closed = await probeUntil(
      { origin, host: "shop.example", rate: 50, connections: "close" },
      oneSecond,
    );
    expect(connections.size).toBe(closed.counts.sent);
    expect([...hosts]).toEqual(["shop.example"]);
  });
});
