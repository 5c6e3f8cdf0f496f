/** What a function in the pool costs: its first request, its later ones and its memory, beside other ways to run it. */
import { join } from "node:path";
import { anotherBuild, authModule } from "../../test/e2e/harness/auth-workload.ts";
import { fillPool, versionAt } from "../../test/kit/many-functions.ts";
import { type Module, PushedPool } from "../../test/kit/pushed-pool.ts";
import { median, percentile } from "../compare.ts";
import { containerStarts } from "../peers/container-start.ts";
import { wasmtimeBinary } from "../peers/wasmtime.ts";
import { startProxy } from "../proxies/proxy.ts";
import type { Bench, Figure, Row } from "../row.ts";

interface Amounts {
  /** Functions at which memory is measured, growing. */
  readonly functions: readonly number[];
  /** Functions whose first request is measured. */
  readonly firsts: number;
  /** Starts of a container, and of wasmtime. */
  readonly starts: number;
}

const addresses = { memory: "127.0.71.1", requests: "127.0.71.2" };
const path = "/healthz";
const env = { AUTH_KEY: "a-key-for-a-measurement-that-is-no-secret" };

export const pool = poolRow({ functions: [1, 100, 200], firsts: 100, starts: 20 });

function poolRow(amounts: Amounts): Row {
  return {
    name: "pool",
    title:
      "first and later request and memory of a function in the pool, beside a container and wasmtime serve",
    measure: async (bench) => {
      const wasm = await authModule();
      const requests = await measureRequests(bench, wasm, amounts.firsts);
      const { cluster, images } = await bench.cluster();
      const containers = await containerStarts(cluster, images["auth-container"].name, amounts.starts);
      bench.log(`container: p50 ${median(containers)} ms`);
      const wasmtime = await measureWasmtime(amounts.starts);
      bench.log(`wasmtime serve: p50 ${median(wasmtime.firsts).toFixed(1)} ms`);
      return [
        ...requestFigures(requests, containers, wasmtime),
        ...(await measureMemory(bench, wasm, amounts.functions)),
      ];
    },
  };
}

/** Milliseconds, of requests on kept connections. */
interface Requests {
  readonly firsts: readonly number[];
  readonly laters: readonly number[];
}

function requestFigures(own: Requests, containers: readonly number[], wasmtime: Requests): Figure[] {
  const target = { atMost: 5, says: "≤ 5 ms" };
  const container = { what: "container start to first answer", value: median(containers) };
  const serve = { what: "start of wasmtime serve to first answer", value: median(wasmtime.firsts) };
  const first = "first request to a function never called";
  return [
    { what: `${first}, p50`, value: median(own.firsts), unit: "ms", peer: container, target },
    { what: `${first}, p50, beside wasmtime`, value: median(own.firsts), unit: "ms", peer: serve, target },
    { what: `${first}, p99`, value: percentile(own.firsts, 0.99), unit: "ms" },
    {
      what: "later request, p50",
      value: median(own.laters),
      unit: "ms",
      peer: { what: "wasmtime serve", value: median(wasmtime.laters) },
    },
  ];
}

async function measureRequests({ log }: Bench, wasm: Buffer, count: number): Promise<Requests> {
  const world = await PushedPool.start(addresses.requests);
  try {
    const modules = Array.from(
      { length: count },
      (_, index) => [versionAt(index), moduleOf(wasm, index)] as const,
    );
    for (let at = 10; at <= count; at += 10) await world.push(Object.fromEntries(modules.slice(0, at)));
    await world.ask("nobody/v1", path); // opens the connection
    const firsts: number[] = [];
    const laters: number[] = [];
    for (const [name] of modules) {
      firsts.push(await millisecondsOf(() => ask(world, name)));
      laters.push(await millisecondsOf(() => ask(world, name)));
    }
    log(`pool: first request p50 ${median(firsts).toFixed(2)} ms, later ${median(laters).toFixed(2)} ms`);
    return { firsts, laters };
  } finally {
    await world.stop();
  }
}

async function ask(world: PushedPool, name: string): Promise<void> {
  const response = await world.ask(name, path);
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${name} answered ${response.status}`);
}

/** A process for each function, as one would have it without a pool: started for the first request. */
async function measureWasmtime(runs: number): Promise<Requests> {
  const command = await wasmtimeBinary();
  const component = join(import.meta.dirname, "../peers/wasi-http-hello/hello.wasm");
  const address = "127.0.71.3:8080";
  const url = `http://${address}/`;
  const firsts: number[] = [];
  const laters: number[] = [];
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    const proxy = await startProxy({ command, args: ["serve", "-Scli", "--addr", address, component], url });
    firsts.push(performance.now() - started);
    try {
      await fetchWhole(url);
      laters.push(await millisecondsOf(() => fetchWhole(url)));
    } finally {
      await proxy.stop();
    }
  }
  return { firsts, laters };
}

async function measureMemory({ log }: Bench, wasm: Buffer, counts: readonly number[]): Promise<Figure[]> {
  const world = await PushedPool.start(addresses.memory);
  try {
    const filled = await fillPool(world, counts, (index) => moduleOf(wasm, index));
    return filled.map(({ functions, megabytesEach }) => {
      log(`${functions} functions: ${megabytesEach.toFixed(2)} MB each`);
      const what = `memory a function at ${functions}`;
      // The first one also pays for what all share.
      return {
        what,
        value: megabytesEach,
        unit: "MB",
        ...(functions > 1 && { target: { atMost: 2.5, says: "≤ 2.5 MB" } }),
      };
    });
  } finally {
    await world.stop();
  }
}

/** The example auth service; no two have the same bytes, so that nothing is shared. */
function moduleOf(wasm: Buffer, index: number): Module {
  return { abi: "WasiCommand", bytes: anotherBuild(wasm, index), env };
}

async function fetchWhole(url: string): Promise<void> {
  await (await fetch(url)).arrayBuffer();
}

async function millisecondsOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
