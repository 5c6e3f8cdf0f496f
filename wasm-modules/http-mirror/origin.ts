/** The server that the mirror calls. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";

export interface Origin {
  stop(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

const answers: Readonly<Record<string, Answer>> = {
  "/plain": (_, response) => void response.setHeader("x-origin", "here").end("plain"),
  "/told": async (request, response) => {
    const body = (await buffer(request)).toString("latin1");
    const { method, url, headers } = request;
    const { "x-sent": sent, "transfer-encoding": coding, "content-length": length } = headers;
    response.end(
      JSON.stringify({ method, url, sent, coding, length, names: Object.keys(headers).toSorted(), body }),
    );
  },
  "/measured": async (request, response) => {
    const body = await buffer(request);
    response.end(`${body.length} ${createHash("sha256").update(body).digest("hex")}`);
  },
  "/large": (_, response) => void response.end(Buffer.alloc(2_000_000, "large ")),
  "/status/204": (_, response) => void response.writeHead(204).end(),
  "/status/503": (_, response) => void response.writeHead(503).end("later"),
  "/redirect": (_, response) => void response.writeHead(302, { location: "/plain" }).end("elsewhere"),
  "/cookies": (_, response) => {
    response.setHeader("set-cookie", ["a=1; Path=/", "b=2"]).setHeader("x-many", ["one", "two"]).end("set");
  },
  "/gzip": (_, response) => void response.setHeader("content-encoding", "gzip").end(gzipSync("small")),
  "/broken": (_, response) => {
    response.writeHead(200, { "content-length": 100 }).write("half");
    setTimeout(() => response.destroy(), 50);
  },
  "/drops": async (_, response) => {
    for (const part of ["one ", "two ", "three"]) {
      response.write(part);
      await delay(20);
    }
    response.end();
  },
  "/slow": async (_, response) => {
    await delay(1000);
    response.end("late");
  },
  "/reset": (request) => void request.socket.destroy(),
};

export async function startOrigin(address: string, port: number): Promise<Origin> {
  const server = createServer((request, response) => {
    const answer = answers[new URL(request.url ?? "", "http://origin").pathname];
    // The one who asks may have gone.
    void Promise.resolve(answer?.(request, response)).catch(() => response.destroy());
  });
  server.listen(port, address);
  await once(server, "listening");
  return {
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
