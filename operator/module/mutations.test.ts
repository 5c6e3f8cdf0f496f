/**
 * Modules with random damage are inspected within bounds: no crash, no hang, no memory by what they claim. Goes on for 3
 * seconds from one seed; `EBB_MUTATION_SEED` and `EBB_MUTATION_SECONDS` choose others.
 */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { tinyCommand } from "../../test/kit/tiny-wasm.ts";
import { inspectModule } from "./inspect.ts";
import { ModuleError } from "./module-error.ts";

const seed = Number(process.env["EBB_MUTATION_SEED"] ?? 20_261_128);
const seconds = Number(process.env["EBB_MUTATION_SECONDS"] ?? 3);
/** Milliseconds that one inspection may take on a busy machine. */
const longest = 2000;
/** Bytes that the process may grow by, the engine's own for what it compiles among them. */
const mostGrowth = 256 * 1024 * 1024;

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
const originals: readonly Uint8Array[] = [
  tinyCommand({ stdout: "x", echo: true }),
  read("bench/peers/wasi-http-hello/hello.wasm"),
  read("wasm-modules/auth/auth.wasm").subarray(0, 8192),
];

/** Mulberry32. */
function createRandom(state: number): (below: number) => number {
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Values that lengths and counts go wrong with. */
const telling = [0x00, 0x01, 0x7f, 0x80, 0xff];

function damage(original: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = Uint8Array.from(original);
  for (let times = 1 + random(8); times > 0; times--) {
    // The beginning decides what the rest is taken for.
    const at = random(random(2) === 0 ? Math.min(64, bytes.length) : bytes.length);
    switch (random(4)) {
      case 0:
        bytes[at] = random(256);
        break;
      case 1:
        bytes.fill(telling[random(telling.length)] ?? 0, at, at + 1 + random(5));
        break;
      case 2:
        bytes.copyWithin(at, random(bytes.length), random(bytes.length));
        break;
      case 3:
        return bytes.subarray(0, at);
    }
  }
  return bytes;
}

it(`refuses or takes every damaged module (seed ${seed})`, { timeout: seconds * 1000 + 60_000 }, async () => {
  const random = createRandom(seed);
  const reasons = new Map<string, number>();
  const until = Date.now() + seconds * 1000;
  const before = process.memoryUsage.rss();
  let slowest = 0;
  for (let count = 0; Date.now() < until; count++) {
    const bytes = damage(originals[count % originals.length] ?? new Uint8Array(), random);
    const start = performance.now();
    const answer = await inspectModule(bytes, "Auto").catch((error: unknown) => error);
    slowest = Math.max(slowest, performance.now() - start);
    if (answer instanceof Error && !(answer instanceof ModuleError)) throw answer;
    const reason = answer instanceof ModuleError ? answer.reason : "taken";
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  expect(slowest).toBeLessThan(longest);
  expect(process.memoryUsage.rss() - before).toBeLessThan(mostGrowth);
  expect([...reasons.keys()]).toEqual(
    expect.arrayContaining(["taken", "ModuleInvalid", "ModuleTruncated", "ModuleNotWasm"]),
  );
});

it("takes no memory by the length or count that a module claims", async () => {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
  const most = [0xff, 0xff, 0xff, 0xff, 0x0f];
  for (const id of [0, 1, 4, 10, 11]) {
    for (const content of [most, [id, ...most], [id, 5, ...most], [id, 6, ...most, 0]]) {
      const answer = inspectModule(Uint8Array.from([...header, ...content]), "Auto");
      await expect(answer).rejects.toBeInstanceOf(ModuleError);
    }
  }
});
