/** The auth service twice, as it runs in a cluster and as it runs at the edge, asked alike. */
import { type Agent, type IncomingMessage, request as httpRequest } from "node:http";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";

import { ports } from "../../operator/api/v1alpha1/names.ts";
import { PushedPool } from "../../test/kit/pushed-pool.ts";
import { type Service, startService } from "../auth-container/start.ts";
import type { CaseSet } from "./cases.ts";
import type { CaseRequest } from "./cases/http-case.ts";

/** What came back; header names in lower case. */
export type Reply = { status: number; headers: Readonly<Record<string, string | undefined>>; text: string };

/** Sends one request to one implementation. */
export type Ask = (request: CaseRequest) => Promise<Reply>;

/** Both implementations under one environment. */
export type Pair = { container: Ask; wasm: Ask };

/** Both implementations, under each environment that they were started with. */
export type Both = {
  under: (name: string) => Pair;
  /** Of the container's process for an environment, and of the pool, which has the module under all of them. */
  pids: (name: string) => Record<keyof Pair, number>;
  stop: () => Promise<void>;
};

/** Starts a container's process for each environment, and one workerd pool, at this loopback address, with the
 * module under all of them. */
export async function startBoth(
  environments: readonly Pick<CaseSet, "name" | "env">[],
  address: string,
  agent: Agent,
): Promise<Both> {
  const bytes = await readFile(new URL("auth.wasm", import.meta.url));
  const pool = await PushedPool.start(address);
  const modules = environments.map(
    ({ name, env }) => [version(name), { abi: "WasiCommand", bytes, env }] as const,
  );
  await pool.push(Object.fromEntries(modules));
  const services = new Map<string, Service>();
  for (const { name, env } of environments) services.set(name, await startService(env));
  return {
    under: (name) => ({
      container: (request) => exchange(agent, services.get(name)?.url ?? "", {}, request),
      wasm: (request) =>
        exchange(agent, `http://${address}:${ports.poolHttp}`, { "x-ebb-function": version(name) }, request),
    }),
    pids: (name) => ({ container: services.get(name)?.process.pid ?? 0, wasm: pool.pool.pid }),
    stop: async () => {
      for (const service of services.values()) {
        service.process.kill("SIGKILL");
        await service.exit;
      }
      await pool.stop();
    },
  };
}

function version(name: string): string {
  return `fn-auth/${name}`;
}

async function exchange(
  agent: Agent,
  url: string,
  extra: Readonly<Record<string, string>>,
  { method, path, headers, sends, chunked = false }: CaseRequest,
): Promise<Reply> {
  const { hostname, port } = new URL(url);
  const length = sends === undefined ? {} : { "content-length": Buffer.byteLength(sends) };
  const framing = chunked ? { "transfer-encoding": "chunked" } : length;
  const repeated = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === "string" ? value : [...value],
  ]);
  const sent = httpRequest({
    agent,
    hostname,
    port,
    method,
    path,
    headers: { ...Object.fromEntries(repeated), ...framing, ...extra },
  });
  sent.end(sends);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const names = Object.entries(response.headersDistinct).map(([name, values]) => [name, values?.join(", ")]);
  return { status: response.statusCode ?? 0, headers: Object.fromEntries(names), text: await text(response) };
}
