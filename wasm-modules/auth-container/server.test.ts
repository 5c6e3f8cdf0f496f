/** The container's end: what a proxy that still knows the pod sees between SIGTERM and exit. */
import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, expect, it } from "vitest";

import { authEnv } from "../auth/cases/environment.ts";
import { type Service, startService } from "./start.ts";

const agent = new Agent({ keepAlive: true });
const started: Service[] = [];

afterEach(async () => {
  agent.destroy();
  for (const service of started.splice(0)) {
    service.process.kill("SIGKILL");
    await service.exit;
  }
});

async function start(env: Readonly<Record<string, string>>): Promise<Service> {
  const service = await startService({ ...authEnv, ...env });
  started.push(service);
  return service;
}

async function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return response;
}

async function getHealth(service: Service): Promise<string | undefined> {
  const response = await responseTo(request(`${service.url}/healthz`, { agent }).end());
  await text(response);
  expect(response.statusCode).toBe(200);
  return response.headers.connection;
}

/** Opens a request whose body is half sent; the server has taken it up when it asks for the rest. */
async function halfSent(service: Service): Promise<ClientRequest> {
  const headers = { "content-type": "application/json", expect: "100-continue" };
  const sent = request(`${service.url}/v1/tokens/verify`, { method: "POST", agent, headers });
  sent.flushHeaders();
  await once(sent, "continue");
  sent.write('{"token":');
  return sent;
}

async function untilClosing(service: Service): Promise<void> {
  while ((await getHealth(service)) !== "close") await new Promise(setImmediate);
}

/** Asks on until the port is closed; a connection that waits at that moment is reset by the kernel. */
async function untilRefused(service: Service): Promise<void> {
  const answered = async (): Promise<never> => {
    for (;;) await getHealth(service);
  };
  await expect(answered()).rejects.toMatchObject({ code: expect.stringMatching(/^ECONN(REFUSED|RESET)$/) });
}

it("says what is wrong with its environment and exits", async () => {
  await expect(startService({ AUTH_KEY: "short" })).rejects.toThrow(
    "AUTH_KEY must be set to 32 bytes or more",
  );
});

it("keeps connections open before SIGTERM", async () => {
  const service = await start({});
  expect(await getHealth(service)).toBe("keep-alive");
});

it("finishes a request in flight and takes new ones after SIGTERM, then exits with 0", async () => {
  const service = await start({ AUTH_DRAIN_QUIET_MS: "300" });
  const sent = await halfSent(service);
  service.process.kill("SIGTERM");
  await untilClosing(service);
  const answered = responseTo(sent);
  sent.end('"x"}');
  const response = await answered;
  expect(response.headers.connection).toBe("close");
  expect(await text(response)).toBe('{"reason":"malformed","valid":false}');
  expect(await service.exit).toBe(0);
});

it("answers a request that outlasts the quiet time before it exits", async () => {
  const service = await start({ AUTH_DRAIN_QUIET_MS: "1" });
  const sent = await halfSent(service);
  service.process.kill("SIGTERM");
  await untilRefused(service);
  const answered = responseTo(sent);
  sent.end('"x"}');
  expect((await answered).statusCode).toBe(200);
  expect(await service.exit).toBe(0);
});

it("stops at the drain limit while requests still come", async () => {
  const service = await start({ AUTH_DRAIN_QUIET_MS: "60000", AUTH_DRAIN_LIMIT_MS: "200" });
  service.process.kill("SIGTERM");
  await untilRefused(service);
  expect(await service.exit).toBe(0);
});
