import { expect, test } from "vitest";
import { ObjectCache } from "./object-cache.ts";
import type { KubeObject } from "./resource.ts";

function pod(name: string, version: number, uid = `uid-${name}`, namespace = "shop"): KubeObject {
  return { metadata: { namespace, name, uid, resourceVersion: String(version) } };
}

function cacheOf(version: number, ...items: KubeObject[]): ObjectCache<KubeObject> {
  const cache = new ObjectCache<KubeObject>((object) => object);
  cache.replace(items, String(version));
  return cache;
}

const versionOf = (cache: ObjectCache<KubeObject>, name: string): string | undefined =>
  cache.get("shop", name)?.metadata.resourceVersion;

test("the first list is added as initial, later ones are not", () => {
  const cache = new ObjectCache<KubeObject>((object) => object);
  expect(cache.replace([pod("a", 3)], "5")).toMatchObject([{ type: "added", initial: true }]);
  expect(cache.replace([pod("a", 3), pod("b", 6)], "7")).toMatchObject([
    { type: "added", initial: false, object: { metadata: { name: "b" } } },
  ]);
});

test("a second list delivers what changed, what is gone, and nothing of what is as before", () => {
  const cache = cacheOf(5, pod("same", 1), pod("changed", 2), pod("gone", 3));
  expect(cache.replace([pod("same", 1), pod("changed", 8)], "9")).toEqual([
    { type: "deleted", object: pod("gone", 3), old: pod("gone", 3), initial: false },
    { type: "modified", object: pod("changed", 8), old: pod("changed", 2), initial: false },
  ]);
});

test("another object under the same name is a deletion and an addition", () => {
  const cache = cacheOf(5, pod("a", 1, "old"));
  expect(
    cache.replace([pod("a", 8, "new")], "9").map((event) => [event.type, event.object.metadata.uid]),
  ).toEqual([
    ["deleted", "old"],
    ["added", "new"],
  ]);
});

test("objects are found by namespace", () => {
  const cache = cacheOf(5, pod("a", 1), pod("a", 2, "u", "other"));
  expect(cache.list("other")).toEqual([pod("a", 2, "u", "other")]);
  expect(cache.list("none")).toEqual([]);
  expect(cache.list()).toHaveLength(2);
});

test("cluster-scoped objects have no namespace", () => {
  const cache = cacheOf(5, { metadata: { name: "default", resourceVersion: "2" } });
  expect(cache.get(undefined, "default")).toBeDefined();
});

test("the answer of our own write is read before the watch shows it, and its event still comes", () => {
  const cache = cacheOf(5, pod("a", 3));
  cache.observe(pod("a", 7));
  expect(versionOf(cache, "a")).toBe("7");
  expect(cache.upsert(pod("a", 7))).toMatchObject([{ type: "modified" }]);
});

test("a version between ours and the cached one does not take our write back", () => {
  const cache = cacheOf(5, pod("a", 3));
  cache.observe(pod("a", 9));
  expect(cache.upsert(pod("a", 7))).toEqual([]);
  expect(versionOf(cache, "a")).toBe("9");
});

test("an answer older than what the watch has shown is ignored", () => {
  const cache = cacheOf(5, pod("a", 3));
  cache.upsert(pod("a", 9));
  cache.observe(pod("a", 7));
  expect(versionOf(cache, "a")).toBe("9");
});

test("the late answer of a write does not bring a deleted object back", () => {
  const cache = cacheOf(5, pod("a", 3));
  cache.remove(pod("a", 8));
  cache.observe(pod("a", 7));
  expect(cache.get("shop", "a")).toBeUndefined();
});

test("a created object is announced as added when the watch shows it", () => {
  const cache = cacheOf(5);
  cache.observe(pod("a", 7));
  expect(versionOf(cache, "a")).toBe("7");
  expect(cache.upsert(pod("a", 7))).toMatchObject([{ type: "added", old: undefined }]);
});

test("the deletion of a predecessor leaves the successor that we created", () => {
  const cache = cacheOf(5, pod("a", 3, "old"));
  cache.observe(pod("a", 9, "new"));
  expect(cache.remove(pod("a", 8, "old"))).toMatchObject([
    {
      type: "deleted",
      object: { metadata: { uid: "old" } },
    },
  ]);
  expect(cache.upsert(pod("a", 9, "new"))).toMatchObject([{ type: "added" }]);
});

test("a list that is older than our write leaves it", () => {
  const cache = cacheOf(5, pod("a", 3));
  cache.observe(pod("a", 12));
  cache.observe(pod("new", 13));
  expect(cache.replace([pod("a", 3)], "10")).toEqual([]);
  expect(versionOf(cache, "a")).toBe("12");
  expect(versionOf(cache, "new")).toBe("13");
});

test("a server restored from a backup is believed", () => {
  const cache = cacheOf(500, pod("kept", 400), pod("lost", 450));
  const events = cache.replace([pod("kept", 40)], "50");
  expect(events.map((event) => event.type)).toEqual(["deleted", "modified"]);
  expect(cache.version).toBe("50");
});

test("a deletion of what is not there is no event", () => {
  expect(cacheOf(5).remove(pod("a", 8))).toEqual([]);
});

test("the event of our write still comes when a list shows it instead of the watch", () => {
  const cache = cacheOf(5, pod("a", 3));
  cache.observe(pod("a", 7));
  cache.observe(pod("new", 8));
  expect(cache.replace([pod("a", 7), pod("new", 8)], "9")).toEqual([
    { type: "modified", object: pod("a", 7), old: pod("a", 3), initial: false },
    { type: "added", object: pod("new", 8), old: undefined, initial: false },
  ]);
});

test("a deletion that only a list could have shown is told before its successor, which we created", () => {
  const cache = cacheOf(5, pod("a", 3, "old"));
  cache.observe(pod("a", 9, "new"));
  expect(cache.replace([], "8")).toEqual([]);
  expect(cache.upsert(pod("a", 9, "new")).map((event) => [event.type, event.object.metadata.uid])).toEqual([
    ["deleted", "old"],
    ["added", "new"],
  ]);
});
