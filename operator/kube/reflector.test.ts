/** The reflector against a server that keeps a history. */
import { expect, test } from "vitest";
import { History, historyOf, setUp, waitFor } from "../../test/kit/reflector-world.ts";
import { refuse } from "../../test/kit/scripted-server.ts";
import type { ObjectEvent } from "./object-cache.ts";
import type { KubeObject } from "./resource.ts";

test("the list is read in pages, then watched from its version with bookmarks", async () => {
  const history = historyOf("a", "b", "c", "d", "e");
  await using world = await setUp(history, { random: () => 0.999 });
  await world.reflector.synced;
  expect(world.names()).toEqual(["a", "b", "c", "d", "e"]);
  expect(world.lists().map((request) => request.query.get("continue"))).toEqual([null, "2", "4"]);
  expect(world.events.every((event) => event.type === "added" && event.initial)).toBe(true);
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  expect(Object.fromEntries(world.watches()[0]?.query ?? [])).toEqual({
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: "105",
    timeoutSeconds: "330",
  });
});

test("changes come as events with the object before and after", async () => {
  const history = historyOf("a");
  await using world = await setUp(history);
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  history.set("b", "1");
  history.set("a", "2");
  history.delete("b");
  await waitFor(() => expect(world.events).toHaveLength(4));
  expect(world.told()).toEqual(["added a 1", "added b 1", "modified a 2", "deleted b gone"]);
  expect(world.events.map((event) => event.old?.data?.value)).toEqual([undefined, undefined, "1", "1"]);
  expect(world.events.map((event) => event.initial)).toEqual([true, false, false, false]);
  expect(world.events[0]?.object).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
});

test("managedFields are dropped unless they are asked for", async () => {
  await using dropping = await setUp(historyOf("a"));
  await dropping.reflector.synced;
  expect(dropping.reflector.store.get("shop", "a")?.metadata).not.toHaveProperty("managedFields");
  await using keeping = await setUp(historyOf("a"), { keepManagedFields: true });
  await keeping.reflector.synced;
  expect(keeping.reflector.store.get("shop", "a")?.metadata.managedFields).toEqual([{ manager: "tester" }]);
});

test("scope chooses namespace, labels and metadata only", async () => {
  const scope = { namespace: "shop", labelSelector: "a=b", metadataOnly: true };
  await using world = await setUp(historyOf("a"), { scope });
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  for (const request of world.server.requests) {
    expect(request.path).toBe("/api/v1/namespaces/shop/configmaps");
    expect(request.query.get("labelSelector")).toBe("a=b");
  }
  expect(world.server.requests.map((request) => request.headers.accept)).toEqual([
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
  ]);
  expect(world.reflector.store.get("shop", "a")?.kind).toBe("ConfigMap");
});

test("a watch that the server ends goes on from the last version, with nothing repeated", async () => {
  const history = historyOf("a");
  await using world = await setUp(history);
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  history.set("b", "1");
  await waitFor(() => expect(world.events).toHaveLength(2));
  history.endWatches();
  await waitFor(() => expect(world.watches()).toHaveLength(2));
  history.set("c", "1");
  await waitFor(() => expect(world.events).toHaveLength(3));
  expect(world.watches()[1]?.query.get("resourceVersion")).toBe("102");
  expect(world.lists()).toHaveLength(1);
});

test("a bookmark moves the version that the next watch starts from", async () => {
  const history = historyOf("a");
  await using world = await setUp(history);
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  history.send({ type: "BOOKMARK", object: { kind: "ConfigMap", metadata: { resourceVersion: "5000" } } });
  history.endWatches();
  await waitFor(() => expect(world.watches()).toHaveLength(2));
  expect(world.watches()[1]?.query.get("resourceVersion")).toBe("5000");
  expect(world.events).toHaveLength(1);
});

test("a handler that throws stops nothing", async () => {
  const history = historyOf("a", "b");
  const seen: string[] = [];
  const onEvent = (event: ObjectEvent<KubeObject>): void => {
    seen.push(event.object.metadata.name);
    throw new Error("handler");
  };
  await using world = await setUp(history, { onEvent });
  await world.reflector.synced;
  await waitFor(() => expect(world.watches()).toHaveLength(1));
  history.set("c", "1");
  await waitFor(() => expect(seen).toEqual(["a", "b", "c"]));
});

test("it stops while it lists, while it watches and while it waits, and closes its watch", async () => {
  const silent = new History();
  silent.interfere = () => true;
  const failing = new History();
  failing.interfere = (_request, response) => {
    refuse(response, 500, "InternalError");
    return true;
  };
  for (const history of [silent, failing, historyOf("a")]) {
    const world = await setUp(history);
    await waitFor(() => expect(world.server.requests.length).toBeGreaterThanOrEqual(1));
    await world[Symbol.asyncDispose]();
    expect(world.server.requests.filter((request) => request.query.has("watch")).length).toBeLessThanOrEqual(
      1,
    );
  }
});
