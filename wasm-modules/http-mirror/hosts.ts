/** The mirror twice: under `wasmtime serve`, and in a workerd pool as Ebb publishes it. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { transpile } from "../../operator/module/adapt/transpile.ts";
import { ports } from "../../operator/api/v1alpha1/names.ts";
import { PushedPool } from "../../test/kit/pushed-pool.ts";
import { exchange, type RawHeader } from "../../test/kit/raw-http.ts";
import { startWasmtime, wasmtimePort } from "../wasmtime.ts";
import type { HttpCase, Told } from "./http-case.ts";

export interface Hosts {
  wasmtime(httpCase: HttpCase): Promise<Told>;
  edge(httpCase: HttpCase): Promise<Told>;
  readonly pool: PushedPool;
  stop(): Promise<void>;
}

/** Loopback addresses of each host and of the server that the mirror may reach. */
export const addresses = { wasmtime: "127.64.1.1", pool: "127.64.1.2", origin: "127.64.1.3" };
export const originPort = 8480;

const component = new URL("http-mirror.wasm", import.meta.url);
const env = { GREETING: "grüße" };
/** Characters of a body that are compared as they are. */
const shown = 4096;

export async function startHosts(): Promise<Hosts> {
  const address = addresses.wasmtime;
  const wasmtime = await startWasmtime({ component: component.pathname, address, env, path: "/request" });
  const pool = await PushedPool.start(addresses.pool, { reachesLoopback: true });
  const bytes = await transpile(await readFile(component));
  const version = {
    abi: "WasiHttp",
    bytes,
    env,
    egress: [{ host: addresses.origin, port: originPort }],
  } as const;
  await pool.push({
    "fn-m/any": version,
    "fn-m/limited": { ...version, requestTimeoutMs: 300 },
  });
  return {
    wasmtime: (httpCase) => tell(addresses.wasmtime, wasmtimePort, httpCase),
    edge: (httpCase) => {
      const name = httpCase.requestTimeoutMs === undefined ? "any" : "limited";
      return tell(addresses.pool, ports.poolHttp, httpCase, [["x-ebb-function", `fn-m/${name}`]]);
    },
    pool,
    stop: async () => {
      await wasmtime.stop();
      await pool.stop();
    },
  };
}

async function tell(
  address: string,
  port: number,
  httpCase: HttpCase,
  extra: readonly RawHeader[] = [],
): Promise<Told> {
  const answer = await exchange(address, port, bytesOf(httpCase, extra), httpCase.method !== "HEAD");
  return {
    status: Number(answer.status.slice(0, 3)),
    headers: answer.headers
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !ofConnection.has(name))
      .map(([name, value]) => `${name}: ${value}`)
      .toSorted(),
    body: answer.body.length > shown ? summary(answer.body) : answer.body,
    isWhole: answer.complete,
  };
}

const ofConnection: ReadonlySet<string> = new Set(["connection", "date", "keep-alive", "transfer-encoding"]);

function summary(body: string): string {
  return `${body.length} bytes, ${createHash("sha256").update(Buffer.from(body, "latin1")).digest("hex")}`;
}

function bytesOf(httpCase: HttpCase, extra: readonly RawHeader[]): string {
  const { method, target, headers = [], body, chunks, trailers = "" } = httpCase;
  const framing: RawHeader[] = [
    ...(body === undefined ? [] : [["content-length", String(body.length)] as const]),
    ...(chunks === undefined ? [] : [["transfer-encoding", "chunked"] as const]),
  ];
  const head: readonly RawHeader[] = [
    ["host", "mirror.test"],
    ...headers,
    ...framing,
    ...extra,
    ["connection", "close"],
  ];
  const lines = [`${method} ${target} HTTP/1.1`, ...head.map(([name, value]) => `${name}: ${value}`)];
  const parts = chunks?.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`) ?? [];
  const end = chunks === undefined ? "" : `0\r\n${trailers}\r\n`;
  return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}${parts.join("")}${end}`;
}
