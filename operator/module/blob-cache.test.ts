import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { digestOf } from "../../test/kit/artifact.ts";
import { BlobCache } from "./blob-cache.ts";

let dir: string;
let logged: string[];

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "ebb-cache-")), "modules");
  logged = [];
});

afterEach(async () => {
  await rm(join(dir, ".."), { recursive: true });
});

function open(maxBytes = 1000): BlobCache {
  const log = pino(
    { level: "warn" },
    { write: (line) => logged.push((JSON.parse(line) as { msg: string }).msg) },
  );
  return new BlobCache({ dir, maxBytes, log });
}

const bytes = (text: string) => Buffer.from(text);
const digest = (text: string) => digestOf(bytes(text));
const give = (text: string) => () => Promise.resolve(bytes(text));
const fail = () => Promise.reject(new Error("nothing should be downloaded"));

it("keeps what it has downloaded, also for the next process", async () => {
  await open().fetch("a", digest("one"), give("one"));
  expect((await open().fetch("a", digest("one"), fail)).toString()).toBe("one");
  expect(await open().get("a", digest("two"))).toBeUndefined();
});

it("gives to all who ask at once", async () => {
  const cache = open();
  await cache.put("a", digest("one"), bytes("one"));
  const all = await Promise.all(Array.from({ length: 10 }, () => cache.get("a", digest("one"))));
  expect(all.map((each) => each?.toString())).toEqual(Array(10).fill("one"));
});

it("gives bytes of one origin to nobody who names another", async () => {
  const cache = open();
  await cache.put("private.example.com/a", digest("one"), bytes("one"));
  expect(await cache.get("evil.example.com/a", digest("one"))).toBeUndefined();
});

it("downloads once for all who come meanwhile, and again after a failure", async () => {
  const cache = open();
  const gate = Promise.withResolvers<Buffer>();
  let downloads = 0;
  const download = () => {
    downloads += 1;
    return gate.promise;
  };
  const all = Array.from({ length: 20 }, () => cache.fetch("a", digest("one"), download));
  await expect.poll(() => downloads).toBe(1);
  gate.reject(new Error("broken off"));
  expect((await Promise.allSettled(all)).every(({ status }) => status === "rejected")).toBe(true);
  expect(await readdir(dir)).toEqual([]);
  expect((await cache.fetch("a", digest("one"), give("one"))).toString()).toBe("one");
});

it("lets go of what was used longest ago", async () => {
  const cache = open(10);
  for (const text of ["aaaa", "bbbb"]) await cache.put("a", digest(text), bytes(text));
  await cache.get("a", digest("aaaa"));
  await cache.put("a", digest("cccc"), bytes("cccc"));
  const kept = await Promise.all(["aaaa", "bbbb", "cccc"].map((text) => cache.get("a", digest(text))));
  expect(kept.map((each) => each?.toString())).toEqual(["aaaa", undefined, "cccc"]);
  expect(await readdir(dir)).toHaveLength(2);
});

it("holds to its size with what a former process has left, oldest first", async () => {
  const former = open(100);
  for (const text of ["aaaa", "bbbb"]) await former.put("a", digest(text), bytes(text));
  const [older = ""] = (await readdir(dir)).filter((name) => name.endsWith(digest("bbbb").slice(7)));
  await utimes(join(dir, older), 1, 1);
  const cache = open(10);
  await cache.put("a", digest("cccc"), bytes("cccc"));
  expect(await cache.get("a", digest("bbbb"))).toBeUndefined();
  expect(await cache.get("a", digest("aaaa"))).toBeDefined();
});

it("keeps nothing that alone is larger than all that it may hold", async () => {
  const cache = open(3);
  expect((await cache.fetch("a", digest("four"), give("four"))).toString()).toBe("four");
  expect(await readdir(dir)).toEqual([]);
});

it("removes what a process that was killed had begun to write", async () => {
  await mkdir(dir);
  await writeFile(join(dir, "partial-1"), "hal");
  await open().put("a", digest("one"), bytes("one"));
  expect(await readdir(dir)).toHaveLength(1);
});

it("downloads again what the disk has spoiled", async () => {
  await open().put("a", digest("one"), bytes("one"));
  const [name = ""] = await readdir(dir);
  await writeFile(join(dir, name), "");
  expect((await open().fetch("a", digest("one"), give("one"))).toString()).toBe("one");
  expect(logged).toEqual(["a cached module was spoiled; it is downloaded again"]);
});

it("stops nobody when the disk cannot be written", async () => {
  await writeFile(dir, "a file where the folder should be");
  const cache = open();
  expect((await cache.fetch("a", digest("one"), give("one"))).toString()).toBe("one");
  expect(logged).toContain("the folder for modules cannot be used; they are downloaded each time");
  expect(logged).toContain("a module could not be kept on disk");
});
