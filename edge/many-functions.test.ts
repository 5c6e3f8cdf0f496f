/** As many functions as a namespace may have, in one process. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillPool, versionAt } from "../test/kit/many-functions.ts";
import { PushedPool } from "../test/kit/pushed-pool.ts";

const count = 200;
const indexes = Array.from({ length: count }, (_, index) => index);

describe("a pool with 200 functions", () => {
  let world: PushedPool;

  const answers = async () => {
    const texts: string[] = [];
    for (const index of indexes) texts.push(await world.textOf(versionAt(index)));
    return texts;
  };

  beforeAll(async () => {
    world = await PushedPool.start("127.62.0.4");
  });

  afterAll(async () => {
    await world.stop();
  });

  it("loads them all with at most 2.5 MB each", async () => {
    const filled = await fillPool(world, [1, 100, count]);
    for (const { functions, megabytesEach } of filled)
      console.log(`${functions} functions: ${megabytesEach.toFixed(2)} MB each`);
    expect(filled.at(-1)?.megabytesEach).toBeLessThanOrEqual(2.5);
    expect(await answers()).toEqual(indexes.map(String));
  }, 240_000);

  it("has them all again after it was killed", async () => {
    await world.pool.crash();
    const start = performance.now();
    const readiness = async () => (await world.probe().catch(() => undefined))?.status;
    await expect.poll(readiness, { timeout: 120_000 }).toBe(200);
    console.log(`${count} functions were read and loaded in ${Math.round(performance.now() - start)} ms`);
    expect(await answers()).toEqual(indexes.map(String));
  }, 240_000);
});
