/** What a component of wasi:http costs in the pool, beside `wasmtime serve` of the same bytes, and what making it ready costs. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runTranspiler } from "../../operator/module/adapt/run-transpiler.ts";
import { fillPool, versionAt } from "../../test/kit/many-functions.ts";
import { type Module, PushedPool } from "../../test/kit/pushed-pool.ts";
import { median } from "../compare.ts";
import { wasmtimeBinary } from "../peers/wasmtime.ts";
import { startProxy } from "../proxies/proxy.ts";
import type { Bench, Figure, Row } from "../row.ts";

const functions = 30;
/** Requests after the first, of each function or process. */
const later = 30;
const starts = 10;

/** New functions in one push. */
const step = 10;

const addresses = { requests: "127.0.71.4", memory: "127.0.71.6", wasmtime: "127.0.71.5:8080" };
const component = join(import.meta.dirname, "../peers/wasi-http-hello/hello.wasm");
const transpiler = join(import.meta.dirname, "../transpiler/main.ts");

export const components: Row = {
  name: "components",
  title: "a component of wasi:http in the pool, beside wasmtime serve, and what making it ready costs",
  measure: async (bench) => {
    const made = await measureTranspiler(bench);
    const edge = await measureRequests(bench, made.bundle);
    const megabytesEach = await measureMemory(made.bundle);
    const wasmtime = await measureWasmtime(bench);
    return [
      {
        what: "first request to a component never called, p50",
        value: median(edge.firsts),
        unit: "ms",
        peer: { what: "start of wasmtime serve to first answer", value: median(wasmtime.firsts) },
      },
      {
        what: "later request, p50",
        value: median(edge.laters),
        unit: "ms",
        peer: { what: "wasmtime serve", value: median(wasmtime.laters) },
      },
      { what: "memory of a component", value: megabytesEach, unit: "MB" },
      { what: "time to transpile it, p50", value: median(made.times), unit: "ms" },
      { what: "memory to transpile it, at most", value: Math.max(...made.megabytes), unit: "MB" },
    ] satisfies Figure[];
  },
};

interface Requests {
  readonly firsts: readonly number[];
  readonly laters: readonly number[];
}

async function measureTranspiler({ log }: Bench) {
  const bytes = await readFile(component);
  const times: number[] = [];
  const megabytes: number[] = [];
  let bundle: Buffer = Buffer.of();
  for (let run = 0; run < starts; run++) {
    const started = performance.now();
    const output = await runTranspiler(transpiler, bytes);
    times.push(performance.now() - started);
    const end = output.lastIndexOf("\n");
    bundle = output.subarray(0, end);
    megabytes.push(Number(output.subarray(end).toString()) / 1000);
  }
  log(`transpiler: p50 ${median(times).toFixed(0)} ms, ${median(megabytes).toFixed(0)} MB`);
  return { times, megabytes, bundle };
}

async function measureRequests({ log }: Bench, bundle: Buffer): Promise<Requests> {
  const world = await PushedPool.start(addresses.requests);
  try {
    const names = Array.from({ length: functions }, (_, index) => versionAt(index));
    const modules = names.map((name, index) => [name, moduleAt(bundle, index)] as const);
    for (let at = step; at <= functions; at += step)
      await world.push(Object.fromEntries(modules.slice(0, at)));
    await world.ask("nobody/v1"); // opens the connection
    const firsts: number[] = [];
    const laters: number[] = [];
    for (const name of names) {
      firsts.push(await millisecondsOf(() => world.textOf(name)));
      for (let count = 0; count < later; count++) laters.push(await millisecondsOf(() => world.textOf(name)));
    }
    log(`pool: first request p50 ${median(firsts).toFixed(2)} ms, later ${median(laters).toFixed(2)} ms`);
    return { firsts, laters };
  } finally {
    await world.stop();
  }
}

/** Megabytes of each of several. */
async function measureMemory(bundle: Buffer): Promise<number> {
  const world = await PushedPool.start(addresses.memory);
  try {
    const [filled] = await fillPool(world, [functions], (index) => moduleAt(bundle, index));
    if (filled === undefined) throw new Error("the pool was not filled");
    return filled.megabytesEach;
  } finally {
    await world.stop();
  }
}

/** The same component in other bytes of the same length, so that nothing is shared: its script begins with a directive. */
function moduleAt(bundle: Buffer, index: number): Module {
  const text = bundle
    .toString("latin1")
    .replace("use components", `${String(index).padStart(3, "0")} components`);
  return { abi: "WasiHttp", bytes: Buffer.from(text, "latin1") };
}

async function measureWasmtime({ log }: Bench): Promise<Requests> {
  const command = await wasmtimeBinary();
  const url = `http://${addresses.wasmtime}/`;
  const ask = async () => (await fetch(url)).text();
  const firsts: number[] = [];
  const laters: number[] = [];
  for (let run = 0; run < starts; run++) {
    const started = performance.now();
    const args = ["serve", "-Scli", "--addr", addresses.wasmtime, component];
    const process = await startProxy({ command, args, url });
    firsts.push(performance.now() - started);
    try {
      for (let count = 0; count < later; count++) laters.push(await millisecondsOf(ask));
    } finally {
      await process.stop();
    }
  }
  log(`wasmtime serve: p50 ${median(firsts).toFixed(1)} ms, later ${median(laters).toFixed(2)} ms`);
  return { firsts, laters };
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
