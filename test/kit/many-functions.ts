/** Fills a pool with functions, each with a module of its own, and tells what they cost. */
import type { Module, PushedPool } from "./pushed-pool.ts";
import { workerModule } from "./pushed-pool.ts";
import { tinyCommand } from "./tiny-wasm.ts";

/** New functions in one push: the operator's client gives each five seconds. */
const step = 10;

export interface Filled {
  readonly functions: number;
  /** Anonymous memory of the process, less that of the empty pool, over the functions; each has answered once. */
  readonly megabytesEach: number;
}

/** The name of a function's only version; index counts from 0. */
export function versionAt(index: number): string {
  return `fn-${index}/v1`;
}

/** Small modules, every other one a WASI command; each answers with its index. */
function smallModule(index: number): Module {
  if (index % 2 === 0) return workerModule(`export default { fetch: () => new Response("${index}") };`);
  return { abi: "WasiCommand", bytes: tinyCommand({ stdout: `Content-Type: text/plain\n\n${index}` }) };
}

/** Fills an empty pool up to each of counts, which grow, and measures there. */
export async function fillPool(
  world: PushedPool,
  counts: readonly number[],
  moduleAt: (index: number) => Module = smallModule,
): Promise<Filled[]> {
  const empty = await world.anonymousMegabytes();
  const filled: Filled[] = [];
  let present = 0;
  for (const functions of counts) {
    while (present < functions) {
      const next = Math.min(present + step, functions);
      await pushUpTo(world, next, moduleAt);
      for (let index = present; index < next; index += 1) await world.textOf(versionAt(index));
      present = next;
    }
    filled.push({ functions, megabytesEach: ((await world.anonymousMegabytes()) - empty) / functions });
  }
  return filled;
}

async function pushUpTo(
  world: PushedPool,
  count: number,
  moduleAt: (index: number) => Module,
): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const { versions } = await world.push(
    Object.fromEntries(indexes.map((index) => [versionAt(index), moduleAt(index)])),
  );
  const left = indexes.filter((index) => versions.get(versionAt(index))?.loaded !== true);
  if (left.length > 0) throw new Error(`${left.length} functions were not loaded`);
}
