/** The client against a server whose answers are scripted. */
import { expect, test, vi } from "vitest";
import { FastClock } from "../../test/kit/fast-clock.ts";
import { answer, refuse, type Script, startScriptedServer } from "../../test/kit/scripted-server.ts";
import { ApiCaller, type RequestRecord } from "./api-caller.ts";
import { ApiError, isConflict, RequestError } from "./api-error.ts";
import { Connection } from "./connection.ts";
import { HttpKubeClient } from "./http-client.ts";
import { configMaps, deployments, namespaces } from "./objects.ts";
import { subjectAccessReviews } from "./policy-objects.ts";

const ref = { namespace: "shop", name: "settings" };
const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { ...ref, resourceVersion: "7" } };

async function setUp(script: Script, timeoutMs = 30_000) {
  const server = await startScriptedServer(script);
  const clock = new FastClock(50);
  const connection = new Connection({ kubeConfig: server.kubeConfig, clock });
  const records: RequestRecord[] = [];
  const hooks = { onRequest: (record: RequestRecord) => records.push(record) };
  const client = new HttpKubeClient({ caller: new ApiCaller({ connection, clock, hooks }), timeoutMs });
  return {
    server,
    clock,
    client,
    records,
    async [Symbol.asyncDispose]() {
      await connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

test("a patch of a subresource goes to its path as a JSON patch", async () => {
  await using world = await setUp((_request, response) => answer(response, 200, configMap));
  await world.client.patch(deployments, ref, [{ op: "remove", path: "/spec/x" }], "scale");
  expect(world.server.requests[0]).toMatchObject({
    method: "PATCH",
    path: "/apis/apps/v1/namespaces/shop/deployments/settings/scale",
    headers: { "content-type": "application/json-patch+json" },
    body: '[{"op":"remove","path":"/spec/x"}]',
  });
});

test("apply is a forced server-side apply as field manager ebb", async () => {
  await using world = await setUp((_request, response) => answer(response, 200, configMap));
  await world.client.apply(configMaps, { metadata: ref, data: { a: "1" } });
  const [request] = world.server.requests;
  expect(request).toMatchObject({
    method: "PATCH",
    path: "/api/v1/namespaces/shop/configmaps/settings",
    headers: { "content-type": "application/apply-patch+yaml" },
  });
  expect(Object.fromEntries(request?.query ?? [])).toEqual({ fieldManager: "ebb", force: "true" });
  expect(JSON.parse(request?.body ?? "")).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: ref,
    data: { a: "1" },
  });
});

test("a field that no type knows comes through", async () => {
  await using world = await setUp((_request, response) =>
    answer(response, 200, { ...configMap, new: { field: 1 } }),
  );
  expect(await world.client.get(configMaps, ref)).toEqual({ ...configMap, new: { field: 1 } });
});

test("find is undefined for an object that is not there, get throws", async () => {
  await using world = await setUp((_request, response) => refuse(response, 404, "NotFound"));
  expect(await world.client.find(configMaps, ref)).toBeUndefined();
  await expect(world.client.get(configMaps, ref)).rejects.toMatchObject({ status: 404, reason: "NotFound" });
});

test("deleting names the preconditions, and an object that is gone is no error", async () => {
  await using world = await setUp((_request, response) => refuse(response, 404, "NotFound"));
  await world.client.delete(configMaps, ref, { uid: "u", propagationPolicy: "Foreground" });
  expect(JSON.parse(world.server.requests[0]?.body ?? "")).toEqual({
    apiVersion: "v1",
    kind: "DeleteOptions",
    preconditions: { uid: "u" },
    propagationPolicy: "Foreground",
  });
});

test("a namespaced object without its namespace is refused before anything is sent", async () => {
  await using world = await setUp((_request, response) => answer(response, 200, configMap));
  await expect(world.client.get(configMaps, { name: "settings" })).rejects.toThrow("needs a namespace");
  await expect(world.client.create(configMaps, { metadata: { name: "x" } })).rejects.toThrow(
    "needs a namespace",
  );
  expect(world.server.requests).toEqual([]);
});

test("a list is read page by page, and its items get their kind", async () => {
  await using world = await setUp((request, response) => {
    const token = request.query.get("continue");
    const name = token ?? "first";
    const metadata = {
      resourceVersion: "9",
      ...(token !== "last" && { continue: token === null ? "middle" : "last" }),
    };
    answer(response, 200, { kind: "NamespaceList", metadata, items: [{ metadata: { name } }] });
  });
  const found = await world.client.list(namespaces, { labelSelector: "a in (b,c)" });
  expect(found.map((object) => object.metadata.name)).toEqual(["first", "middle", "last"]);
  expect(found[0]).toMatchObject({ apiVersion: "v1", kind: "Namespace" });
  expect(world.server.requests.map((request) => request.query.get("limit"))).toEqual(["500", "500", "500"]);
  expect(world.server.requests[2]?.query.get("labelSelector")).toBe("a in (b,c)");
});

test("a list whose token has expired begins again once", async () => {
  let expired = false;
  await using world = await setUp((request, response) => {
    if (request.query.has("continue") && !expired) {
      expired = true;
      refuse(response, 410, "Expired");
      return;
    }
    const metadata = request.query.has("continue") ? {} : { continue: "more" };
    const name = request.query.get("continue") ?? "first";
    answer(response, 200, { metadata, items: [{ metadata: { name } }] });
  });
  const found = await world.client.list(namespaces);
  expect(found.map((object) => object.metadata.name)).toEqual(["first", "more"]);
});

test("an answer of 200 that is HTML is an error", async () => {
  await using world = await setUp((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>");
  });
  await expect(world.client.get(configMaps, ref)).rejects.toMatchObject({
    status: 200,
    reason: "NotJson",
    message: "GET /api/v1/namespaces/shop/configmaps/settings: answered 200 with text/html instead of JSON",
  });
  await expect(world.client.list(configMaps)).rejects.toBeInstanceOf(ApiError);
});

test("JSON that is no object or no list is an error", async () => {
  await using world = await setUp((_request, response) => answer(response, 200, { hello: "world" }));
  await expect(world.client.get(configMaps, ref)).rejects.toMatchObject({ reason: "NotAnObject" });
  await expect(world.client.list(configMaps)).rejects.toMatchObject({ reason: "NotAList" });
});

test("a gateway's HTML error page has its status and no reason", async () => {
  await using world = await setUp((_request, response) => {
    response.writeHead(502, { "content-type": "text/html" }).end("<html>secret</html>");
  });
  const error = await world.client.get(configMaps, ref).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status: 502, reason: "" });
  expect(String(error)).not.toContain("secret");
});

test("429 with Retry-After is waited for, of a write too", async () => {
  let throttled = 2;
  await using world = await setUp((_request, response) => {
    throttled -= 1;
    if (throttled >= 0) refuse(response, 429, "TooManyRequests", { "retry-after": "3" });
    else answer(response, 200, configMap);
  });
  await world.client.merge(configMaps, ref, {});
  expect(world.server.requests).toHaveLength(3);
  expect(world.clock.sleeps.filter((ms) => ms === 3000)).toHaveLength(2);
  expect(world.records.map((record) => record.status)).toEqual([429, 429, 200]);
});

test("429 is thrown when its wait would outlast the call's limit, or when it names none", async () => {
  const headers: Record<string, string>[] = [{ "retry-after": "60" }, {}];
  await using world = await setUp((_request, response) =>
    refuse(response, 429, "TooManyRequests", headers.shift() ?? {}),
  );
  await expect(world.client.get(configMaps, ref)).rejects.toMatchObject({ status: 429, retryAfter: 60 });
  await expect(world.client.get(configMaps, ref)).rejects.toMatchObject({
    status: 429,
    retryAfter: undefined,
  });
});

test("a GET is repeated after a connection that broke before the answer, a write is not", async () => {
  let breaks = 3;
  await using world = await setUp((_request, response, socket) => {
    breaks -= 1;
    if (breaks >= 0) socket.resetAndDestroy();
    else answer(response, 200, configMap);
  });
  expect(await world.client.get(configMaps, ref)).toEqual(configMap);
  breaks = 1;
  await expect(world.client.merge(configMaps, ref, {})).rejects.toBeInstanceOf(RequestError);
  expect(world.server.requests).toHaveLength(5);
  expect(world.records.at(-1)).toMatchObject({ method: "PATCH", resource: "configmaps", status: 0 });
});

test("500 is not repeated", async () => {
  await using world = await setUp((_request, response) => refuse(response, 500, "InternalError"));
  await expect(world.client.get(configMaps, ref)).rejects.toMatchObject({
    status: 500,
    reason: "InternalError",
  });
  expect(world.server.requests).toHaveLength(1);
});

test("a call with no answer ends at its limit", async () => {
  await using world = await setUp(() => undefined, 10_000);
  await expect(world.client.get(configMaps, ref)).rejects.toMatchObject({
    name: "RequestError",
    code: "TIMEOUT",
  });
});

test("an answer whose body never ends is given up at the limit", async () => {
  await using world = await setUp((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).write('{"metadata":');
  }, 10_000);
  await expect(world.client.merge(configMaps, ref, {})).rejects.toMatchObject({ code: "TIMEOUT" });
});

test("no request leaves after the fence has closed", async () => {
  await using world = await setUp((_request, response) => answer(response, 200, configMap));
  const fence = new AbortController();
  const fenced = world.client.fencedBy(fence.signal);
  await fenced.get(configMaps, ref);
  fence.abort(new Error("lease lost"));
  await expect(fenced.merge(configMaps, ref, {})).rejects.toThrow("lease lost");
  await expect(fenced.withTimeout(5).delete(configMaps, ref)).rejects.toThrow("lease lost");
  expect(world.server.requests).toHaveLength(1);
  expect(await world.client.get(configMaps, ref)).toEqual(configMap);
});

test("a request in flight is aborted when the fence closes", async () => {
  let closed = false;
  await using world = await setUp((_request, response) => {
    response.on("close", () => {
      closed = true;
    });
  });
  const fence = new AbortController();
  const call = world.client.fencedBy(fence.signal).merge(configMaps, ref, {});
  const outcome = call.catch((reason: unknown) => reason);
  await vi.waitFor(() => expect(world.server.requests).toHaveLength(1));
  fence.abort(new Error("lease lost"));
  expect(await outcome).toMatchObject({ message: "lease lost" });
  await vi.waitFor(() => expect(closed).toBe(true));
});

test("a wait for Retry-After ends when the fence closes", async () => {
  await using world = await setUp((_request, response) =>
    refuse(response, 429, "TooManyRequests", { "retry-after": "25" }),
  );
  const fence = new AbortController();
  const outcome = world.client
    .fencedBy(fence.signal)
    .get(configMaps, ref)
    .catch((reason: unknown) => reason);
  await vi.waitFor(() => expect(world.clock.sleeps).toContain(25_000));
  fence.abort(new Error("lease lost"));
  expect(await outcome).toMatchObject({ message: "lease lost" });
});

test("calls one after the other share connections", async () => {
  await using world = await setUp((_request, response) => answer(response, 200, configMap));
  for (let call = 0; call < 30; call += 1) await world.client.get(configMaps, ref);
  expect(world.server.connections).toBeLessThanOrEqual(2);
});

test("a refused test of a JSON patch is a conflict, an invalid object is not", async () => {
  const messages = [
    "the server rejected our request due to an error in our request",
    'ConfigMap "settings" is invalid: data[a/b]: Invalid value',
  ];
  await using world = await setUp((_request, response) => {
    answer(response, 422, { kind: "Status", reason: "Invalid", message: messages.shift() });
  });
  const patch = async (): Promise<unknown> =>
    await world.client.patch(configMaps, ref, []).catch((reason: unknown) => reason);
  expect(isConflict(await patch())).toBe(true);
  expect(isConflict(await patch())).toBe(false);
  expect(isConflict(new ApiError(409, "AlreadyExists", ""))).toBe(true);
});

test("a question is answered by an object without a name", async () => {
  const body = { kind: "SubjectAccessReview", metadata: {}, spec: {}, status: { allowed: true } };
  await using world = await setUp((_request, response) => answer(response, 201, body));
  const attributes = { namespace: "shop", verb: "create", group: "", resource: "configmaps" };
  const spec = { user: "till", groups: [], resourceAttributes: attributes };
  const answered = await world.client.create(subjectAccessReviews, { metadata: { name: "" }, spec });
  expect(answered.status).toEqual({ allowed: true });
});
