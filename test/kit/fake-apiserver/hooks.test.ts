/** What the fake API server offers to tests beside the API. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { configMaps, pods } from "../../../operator/kube/objects.ts";
import { type FakeApiServer, startFakeApiServer } from "./fake-api-server.ts";
import { answerWith } from "./fault.ts";
import { isWrite } from "./api-request.ts";
import { kubeConfigOf } from "./kube-config.ts";
import { mergePatch, RawApi } from "./suite/api-under-test.ts";
import { metadataOf, versionOf } from "./suite/objects.ts";

const ref = { namespace: "shop", name: "settings" };
const path = "/api/v1/namespaces/shop/configmaps/settings";
const patch = { body: { data: { a: "2" } }, type: mergePatch };

let server: FakeApiServer;
let api: RawApi;

beforeEach(async () => {
  server = await startFakeApiServer();
  api = new RawApi(kubeConfigOf(server));
  server.put(configMaps, { metadata: ref, data: { a: "1" } });
});

afterEach(async () => {
  await api.close();
  await server.stop();
});

it("answers a chosen error in place of a write, and the write takes no effect", async () => {
  server.onRequest((request) => (isWrite(request) ? answerWith(409, "Conflict") : undefined));
  const { code, body } = await api.call("PATCH", path, patch);
  expect({ code, reason: body["reason"] }).toEqual({ code: 409, reason: "Conflict" });
  expect(server.read(configMaps, ref)?.data).toEqual({ a: "1" });
});

it("answers a chosen error after a write that did take effect", async () => {
  server.onRequest((request) =>
    isWrite(request) ? answerWith(500, "InternalError", { commit: true }) : undefined,
  );
  expect((await api.call("PATCH", path, patch)).code).toBe(500);
  expect(server.read(configMaps, ref)?.data).toEqual({ a: "2" });
});

it.each([
  [false, { a: "1" }],
  [true, { a: "2" }],
])("breaks the connection, with commit %s", async (commit, data) => {
  server.onRequest((request) => (isWrite(request) ? { kind: "drop", commit } : undefined));
  await expect(api.call("PATCH", path, patch)).rejects.toThrow();
  expect(server.read(configMaps, ref)?.data).toEqual(data);
});

it("lets a request hang until its client gives up", async () => {
  server.onRequest((request) => (isWrite(request) ? { kind: "hang", commit: true } : undefined));
  let isAnswered = false;
  const call = api.call("PATCH", path, patch).finally(() => {
    isAnswered = true;
  });
  await expect.poll(() => server.read(configMaps, ref)?.data).toEqual({ a: "2" });
  expect(isAnswered).toBe(false);
  await Promise.all([expect(call).rejects.toThrow(), api.close()]);
});

it("tells who asks by the token", async () => {
  const seen: (string | undefined)[] = [];
  server.onRequest(({ actor }) => {
    seen.push(actor.token);
    return undefined;
  });
  const other = new RawApi(kubeConfigOf(server, "second"));
  await api.ok("GET", path);
  await other.ok("GET", path);
  await other.close();
  expect(seen).toEqual(["test", "second"]);
});

it("numbers the writes and tells of every change before it is answered", async () => {
  const changes: string[] = [];
  server.onChange(({ type, object, actor }) =>
    changes.push(`${type} ${object.metadata.name} by ${actor.manager}`),
  );
  await api.ok("PATCH", `${path}?fieldManager=someone`, patch);
  await api.call("PATCH", `${path}x`, patch);
  expect(
    server.writes.map(({ number, request, code }) => [number, request.verb, request.name, code]),
  ).toEqual([
    [1, "patch", "settings", 200],
    [2, "patch", "settingsx", 404],
  ]);
  expect(changes).toEqual(["MODIFIED settings by someone"]);
});

it("breaks a watch after a number of bytes", async () => {
  server.onRequest(({ verb }) => (verb === "watch" ? { kind: "cut", bytes: 20 } : undefined));
  const watch = await api.watch("/api/v1/namespaces/shop/configmaps?watch=true");
  await expect(watch.next()).rejects.toThrow();
});

it("breaks the watches of one client and leaves those of another", async () => {
  const other = new RawApi(kubeConfigOf(server, "second"));
  const query = "/api/v1/namespaces/shop/configmaps?watch=true";
  const [mine, theirs] = [await api.watch(query), await other.watch(query)];
  await Promise.all([mine.next(), theirs.next()]);
  server.cutWatches("second");
  await expect(theirs.next()).rejects.toThrow();
  await api.ok("PATCH", path, patch);
  expect((await mine.next()).type).toBe("MODIFIED");
  mine.stop();
  await other.close();
});

it("answers a version that is compacted with an ERROR event of 410, and an old page with 410", async () => {
  server.put(configMaps, { metadata: { namespace: "shop", name: "other" } });
  const list = await api.ok("GET", "/api/v1/configmaps?limit=1");
  await api.ok("PATCH", path, patch);
  server.compact();
  const watch = await api.watch(`/api/v1/configmaps?watch=true&resourceVersion=${versionOf(list)}`);
  const { type, object } = await watch.next();
  watch.stop();
  expect({ type, code: object["code"], reason: object["reason"] }).toEqual({
    type: "ERROR",
    code: 410,
    reason: "Expired",
  });
  const page = await api.call(
    "GET",
    `/api/v1/configmaps?limit=1&continue=${String(metadataOf(list)["continue"])}`,
  );
  expect(page.code).toBe(410);
});

it("sends bookmarks with the version of now on demand", async () => {
  const list = await api.ok("GET", "/api/v1/configmaps");
  const watch = await api.watch(
    `/api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=${versionOf(list)}`,
  );
  server.put(pods, { metadata: { namespace: "shop", name: "elsewhere" }, spec: { containers: [] } });
  server.bookmark();
  const { type, object } = await watch.next();
  watch.stop();
  expect(type).toBe("BOOKMARK");
  expect(Number(versionOf(object))).toBeGreaterThan(Number(versionOf(list)));
});

it("gives equal uids in equal order to servers of one seed, others to another", async () => {
  const servers = await Promise.all(["one", "one", "two"].map((seed) => startFakeApiServer({ seed })));
  const uids = servers.map((each) => each.put(configMaps, { metadata: ref }).metadata.uid);
  await Promise.all(servers.map((each) => each.stop()));
  expect(uids[0]).toBe(uids[1]);
  expect(uids[0]).not.toBe(uids[2]);
});

it("keeps a pod on a node until its kubelet removes it, and gives way to a budget on eviction", async () => {
  const pod = {
    metadata: { namespace: "shop", name: "pod", labels: { app: "x" } },
    spec: { nodeName: "node", containers: [] },
  };
  server.put(pods, pod);
  const budget = {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "budget" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "x" } } },
  };
  await api.ok("POST", "/apis/policy/v1/namespaces/shop/poddisruptionbudgets", { body: budget });
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "pod" } };
  expect((await api.call("POST", "/api/v1/namespaces/shop/pods/pod/eviction", { body: eviction })).code).toBe(
    429,
  );
  await api.ok("DELETE", "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/budget");
  await api.ok("POST", "/api/v1/namespaces/shop/pods/pod/eviction", { body: eviction });
  expect(server.read(pods, pod.metadata)?.metadata.deletionTimestamp).toBeDefined();
  server.remove(pods, pod.metadata, { gracePeriodSeconds: 0 });
  expect(server.read(pods, pod.metadata)).toBeUndefined();
});
