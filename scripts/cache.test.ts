import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cachePath, cacheRoot, cached } from "./cache.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "ebb-cache-"));
});
afterEach(() => rm(root, { recursive: true }));

test("builds once for two callers at the same time", async () => {
  let builds = 0;
  const build = async (dir: string): Promise<void> => {
    builds += 1;
    await writeFile(join(dir, "result"), "made");
  };
  const [first, second] = await Promise.all([
    cached("thing", ["input"], build, root),
    cached("thing", ["input"], build, root),
  ]);
  expect(builds).toBe(1);
  expect(second).toBe(first);
  expect(await readFile(join(first, "result"), "utf8")).toBe("made");
});

test("builds again from an empty folder after a build that failed half-way", async () => {
  const failing = cached(
    "thing",
    ["input"],
    async (dir) => {
      await writeFile(join(dir, "half"), "");
      throw new Error("no compiler");
    },
    root,
  );
  await expect(failing).rejects.toThrow("no compiler");
  const path = await cached("thing", ["input"], (dir) => writeFile(join(dir, "result"), "made"), root);
  expect(await readdir(path)).toEqual(["result"]);
});

test("keeps inputs apart that are equal when joined", () => {
  expect(cachePath("thing", ["ab", "c"], root)).not.toBe(cachePath("thing", ["a", "bc"], root));
});

test("prefers EBB_CACHE_DIR over the user's cache folder", () => {
  expect(cacheRoot({ EBB_CACHE_DIR: "/a", XDG_CACHE_HOME: "/b" })).toBe("/a");
  expect(cacheRoot({ XDG_CACHE_HOME: "/b" })).toBe("/b/ebb");
});
