/** TLS and HTTP/2, as a real API server speaks them. */
import { createSecureServer, type Http2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { createPoolTls, type PoolTls } from "../../test/kit/pool-tls.ts";
import { systemClock } from "../api/system-clock.ts";
import { Connection } from "./connection.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function kubeConfigOf(port: number, tls: PoolTls, authority: string): KubeConfig {
  const config = new KubeConfig();
  const server = `https://127.0.0.1:${port}`;
  config.loadFromClusterAndUser(
    { name: "c", server, skipTLSVerify: false, tlsServerName: tls.serverName, caData: base64(authority) },
    { name: "u", certData: base64(tls.client.certificate), keyData: base64(tls.client.key) },
  );
  return config;
}

/** Answers every request with the number of its session, counted from 1; those of silent sessions never. */
async function setUp(silent: (session: number) => boolean) {
  const tls = await createPoolTls("shop");
  const { certificate: cert, key } = tls.server;
  const server = createSecureServer({
    cert,
    key,
    ca: tls.clientAuthority.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const sessions: Http2Session[] = [];
  server.on("session", (session) => sessions.push(session));
  server.on("stream", (stream) => {
    const number = stream.session === undefined ? 0 : sessions.indexOf(stream.session) + 1;
    if (silent(number)) return;
    stream.respond({ ":status": 200 });
    stream.end(String(number));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  return {
    sessions,
    connect: (authority = tls.serverAuthority.certificate) =>
      new Connection({ kubeConfig: kubeConfigOf(port, tls, authority), clock: systemClock }),
    otherAuthority: tls.clientAuthority.certificate,
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.destroy();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}

async function ask(connection: Connection, headersTimeoutMs = 20_000): Promise<string> {
  const { signal } = new AbortController();
  const timeouts = { headersTimeoutMs, bodyTimeoutMs: 20_000 };
  const reply = await connection.send({ method: "GET", path: "/", accept: "*/*", signal, ...timeouts });
  return await reply.body.text();
}

test("many calls share one HTTP/2 connection, with client certificate and tls-server-name", async () => {
  await using world = await setUp(() => false);
  const connection = world.connect();
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(connection)));
  expect(new Set(answers)).toEqual(new Set(["1"]));
  await connection.close();
});

test("a server of another authority is refused", async () => {
  await using world = await setUp(() => false);
  const connection = world.connect(world.otherAuthority);
  await expect(ask(connection)).rejects.toThrow(/certificate/);
  await connection.close();
});

test("after a request without an answer the next ones take a new connection", async () => {
  await using world = await setUp((session) => session === 1);
  const connection = world.connect();
  await expect(ask(connection, 300)).rejects.toMatchObject({ code: "UND_ERR_HEADERS_TIMEOUT" });
  expect(await Promise.all([ask(connection), ask(connection)])).toEqual(["2", "2"]);
  await connection.close();
});
