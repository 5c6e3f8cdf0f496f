/** Watches. */
import { expect, it } from "vitest";
import type { JsonObject } from "../json.ts";
import { mergePatch, type Bench, type Open, type RawWatch } from "./api-under-test.ts";
import { configMap, metadataOf, versionOf } from "./objects.ts";

const partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

async function follow({ api, core }: Bench, query: string, accept?: string): Promise<RawWatch> {
  const list = await api.ok("GET", core("configmaps"));
  const path = `${core("configmaps")}?watch=true&resourceVersion=${versionOf(list)}&${query}`;
  return await api.watch(path, accept === undefined ? {} : { accept });
}

async function labelled({ api, core }: Bench, name: string, labels: JsonObject): Promise<JsonObject> {
  return await api.ok("PATCH", core("configmaps", name), {
    body: { metadata: { labels } },
    type: mergePatch,
  });
}

export function watching(open: Open): void {
  it("tells of creation, change and deletion in order", async () => {
    const bench = open();
    const watch = await follow(bench, "fieldSelector=metadata.name%3Dwatched");
    await bench.api.ok("POST", bench.core("configmaps"), { body: configMap("watched") });
    const changed = await labelled(bench, "watched", { a: "1" });
    await bench.api.ok("DELETE", bench.core("configmaps", "watched"));
    const events = [await watch.next(), await watch.next(), await watch.next()];
    watch.stop();
    expect(events.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    const versions = events.map(({ object }) => BigInt(versionOf(object)));
    expect(versions[1]).toBe(BigInt(versionOf(changed)));
    expect(versions).toEqual(versions.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(new Set(versions).size).toBe(3);
  });

  it("starts after the version it is given", async () => {
    const bench = open();
    const created = await bench.api.ok("POST", bench.core("configmaps"), { body: configMap("late") });
    await labelled(bench, "late", { a: "1" });
    const path = `${bench.core("configmaps")}?watch=true&fieldSelector=metadata.name%3Dlate&resourceVersion=${versionOf(created)}`;
    const watch = await bench.api.watch(path);
    expect((await watch.next()).type).toBe("MODIFIED");
    watch.stop();
  });

  it("tells of an object that leaves the selection as DELETED, of one that enters as ADDED", async () => {
    const bench = open();
    await bench.api.ok("POST", bench.core("configmaps"), {
      body: configMap("moving", {}, { labels: { in: "yes" } }),
    });
    const watch = await follow(bench, "labelSelector=in%3Dyes");
    await labelled(bench, "moving", { in: "no" });
    await labelled(bench, "moving", { in: "yes" });
    const events = [await watch.next(), await watch.next()];
    watch.stop();
    expect(events.map(({ type }) => type)).toEqual(["DELETED", "ADDED"]);
  });

  it("sends the objects there are, then a bookmark, when asked for initial events", async () => {
    const bench = open();
    await bench.api.ok("POST", bench.core("configmaps"), { body: configMap("initial") });
    const query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const watch = await bench.api.watch(
      `${bench.core("configmaps")}?watch=true&fieldSelector=metadata.name%3Dinitial&${query}`,
    );
    const events = [await watch.next(), await watch.next()];
    watch.stop();
    expect(events.map(({ type }) => type)).toEqual(["ADDED", "BOOKMARK"]);
    expect(metadataOf(events[1]?.object ?? {})["annotations"]).toEqual({
      "k8s.io/initial-events-end": "true",
    });
  });

  it("sends metadata only when asked", async () => {
    const bench = open();
    const watch = await follow(bench, "fieldSelector=metadata.name%3Dslim", partial);
    await bench.api.ok("POST", bench.core("configmaps"), { body: configMap("slim", { a: "1" }) });
    const { object } = await watch.next();
    watch.stop();
    expect(object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "slim" } });
    expect(object).not.toHaveProperty("data");
  });

  it("ends after timeoutSeconds", async () => {
    const bench = open();
    const watch = await follow(bench, "timeoutSeconds=1&fieldSelector=metadata.name%3Dnone");
    await expect(watch.next()).rejects.toThrow("no event");
  });
}
