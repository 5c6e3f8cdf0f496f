/** Creates, updates and patches. */
import { expect, it } from "vitest";
import { objectAt } from "../json.ts";
import { jsonPatch, mergePatch, type Open } from "./api-under-test.ts";
import { configMap, deployment, metadataOf, versionOf } from "./objects.ts";

export function writes(open: Open): void {
  creates(open);
  updates(open);
  patches(open);
  subresources(open);
}

function creates(open: Open): void {
  it("gives a new object a uid, a version and a time of creation", async () => {
    const { api, core, namespace } = open();
    const { code, body } = await api.call("POST", core("configmaps"), {
      body: configMap("fresh", { a: "1" }),
    });
    expect(code).toBe(201);
    expect(metadataOf(body)).toMatchObject({
      namespace,
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^\d+$/),
      creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(metadataOf(body)["generation"]).toBeUndefined();
  });

  it("refuses a second object of the same name with AlreadyExists", async () => {
    const { api, core } = open();
    await api.ok("POST", core("configmaps"), { body: configMap("twice") });
    const { code, body } = await api.call("POST", core("configmaps"), { body: configMap("twice") });
    expect({ code, reason: body["reason"], message: body["message"] }).toEqual({
      code: 409,
      reason: "AlreadyExists",
      message: 'configmaps "twice" already exists',
    });
  });

  it("refuses an object in a namespace that is not there", async () => {
    const { api } = open();
    const path = "/api/v1/namespaces/no-such-namespace/configmaps";
    const { code, body } = await api.call("POST", path, { body: configMap("lost") });
    expect({ code, message: body["message"] }).toEqual({
      code: 404,
      message: 'namespaces "no-such-namespace" not found',
    });
  });

  it("refuses a name that is no DNS subdomain", async () => {
    const { api, core } = open();
    const { code, body } = await api.call("POST", core("configmaps"), { body: configMap("Not_Valid") });
    expect({ code, reason: body["reason"] }).toEqual({ code: 422, reason: "Invalid" });
    expect(body["message"]).toContain("metadata.name");
  });

  it("makes a name from generateName", async () => {
    const { api, core } = open();
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "gen-" } };
    expect(metadataOf(await api.ok("POST", core("configmaps"), { body }))["name"]).toMatch(
      /^gen-[a-z0-9]{5}$/,
    );
  });

  it("refuses a resourceVersion on create", async () => {
    const { api, core } = open();
    const body = configMap("versioned", {}, { resourceVersion: "1" });
    expect((await api.call("POST", core("configmaps"), { body })).code).not.toBe(201);
  });

  it("stores nothing on a dry run", async () => {
    const { api, core } = open();
    await api.ok("POST", `${core("configmaps")}?dryRun=All`, { body: configMap("dry") });
    expect((await api.call("GET", core("configmaps", "dry"))).code).toBe(404);
  });

  it("fills the defaults of a Deployment and starts its generation at 1", async () => {
    const { api, grouped } = open();
    const body = await api.ok("POST", grouped("apps/v1", "deployments"), { body: deployment("defaults") });
    expect(metadataOf(body)["generation"]).toBe(1);
    expect(objectAt(body, "spec")).toMatchObject({ revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
    expect(objectAt(body, "spec", "template", "spec")).toMatchObject({
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
    });
  });

  it("gives a Service a cluster IP and the target port of its port", async () => {
    const { api, core } = open();
    const body = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "svc" },
      spec: { ports: [{ port: 80 }] },
    };
    const { clusterIP, clusterIPs, ports, type } = objectAt(
      await api.ok("POST", core("services"), { body }),
      "spec",
    );
    expect(clusterIPs).toEqual([clusterIP]);
    expect(clusterIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect({ type, ports }).toEqual({
      type: "ClusterIP",
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
    });
  });
}

function updates(open: Open): void {
  it("replaces an object at its version and refuses an older one with Conflict", async () => {
    const { api, core } = open();
    const first = await api.ok("POST", core("configmaps"), { body: configMap("stale", { a: "1" }) });
    const second = await api.ok("PUT", core("configmaps", "stale"), { body: { ...first, data: { a: "2" } } });
    expect(versionOf(second)).not.toBe(versionOf(first));
    const { code, body } = await api.call("PUT", core("configmaps", "stale"), {
      body: { ...first, data: { a: "3" } },
    });
    expect({ code, reason: body["reason"] }).toEqual({ code: 409, reason: "Conflict" });
    expect(body["message"]).toBe(
      'Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  it("keeps the version when nothing changes", async () => {
    const { api, core } = open();
    const first = await api.ok("POST", core("configmaps"), { body: configMap("same", { a: "1" }) });
    const again = await api.ok("PUT", core("configmaps", "same"), { body: configMap("same", { a: "1" }) });
    expect(versionOf(again)).toBe(versionOf(first));
  });

  it("refuses another uid with Conflict", async () => {
    const { api, core } = open();
    await api.ok("POST", core("configmaps"), { body: configMap("other-uid") });
    const body = configMap("other-uid", {}, { uid: "00000000-0000-4000-8000-000000000000" });
    expect((await api.call("PUT", core("configmaps", "other-uid"), { body })).code).toBe(409);
  });

  it("counts the generation on a change of spec only", async () => {
    const { api, grouped } = open();
    const path = grouped("apps/v1", "deployments", "counted");
    await api.ok("POST", grouped("apps/v1", "deployments"), { body: deployment("counted") });
    const patch = (body: unknown) => api.ok("PATCH", path, { body, type: mergePatch });
    expect(metadataOf(await patch({ metadata: { labels: { a: "b" } } }))["generation"]).toBe(1);
    expect(metadataOf(await patch({ spec: { paused: true } }))["generation"]).toBe(2);
  });
}

function patches(open: Open): void {
  it("applies a JSON patch whose tests hold", async () => {
    const { api, core } = open();
    const { metadata } = await api.ok("POST", core("configmaps"), { body: configMap("tested", { a: "1" }) });
    const { uid } = metadataOf({ metadata });
    const body = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "replace", path: "/data/a", value: "2" },
      { op: "add", path: "/data/b", value: "3" },
    ];
    const patched = await api.ok("PATCH", core("configmaps", "tested"), { body, type: jsonPatch });
    expect(patched["data"]).toEqual({ a: "2", b: "3" });
  });

  it("refuses a JSON patch whose test fails with Invalid and changes nothing", async () => {
    const { api, core } = open();
    await api.ok("POST", core("configmaps"), { body: configMap("untested", { a: "1" }) });
    const body = [
      { op: "replace", path: "/data/a", value: "2" },
      { op: "test", path: "/data/a", value: "3" },
    ];
    const reply = await api.call("PATCH", core("configmaps", "untested"), { body, type: jsonPatch });
    expect({ code: reply.code, reason: reply.body["reason"] }).toEqual({ code: 422, reason: "Invalid" });
    expect((await api.ok("GET", core("configmaps", "untested")))["data"]).toEqual({ a: "1" });
  });

  it("refuses to remove what is not there with Invalid", async () => {
    const { api, core } = open();
    await api.ok("POST", core("configmaps"), { body: configMap("absent") });
    const body = [{ op: "remove", path: "/metadata/annotations/none" }];
    expect((await api.call("PATCH", core("configmaps", "absent"), { body, type: jsonPatch })).code).toBe(422);
  });

  it("refuses a JSON patch that tests an old version", async () => {
    const { api, core } = open();
    const first = await api.ok("POST", core("configmaps"), { body: configMap("guarded") });
    await api.ok("PATCH", core("configmaps", "guarded"), { body: { data: { a: "1" } }, type: mergePatch });
    const body = [
      { op: "test", path: "/metadata/resourceVersion", value: versionOf(first) },
      { op: "add", path: "/data/b", value: "1" },
    ];
    expect((await api.call("PATCH", core("configmaps", "guarded"), { body, type: jsonPatch })).code).toBe(
      422,
    );
  });

  it("removes a field that a merge patch sets to null, and its empty map of annotations", async () => {
    const { api, core } = open();
    const body = configMap("merged", { a: "1", b: "2" }, { annotations: { note: "x" } });
    await api.ok("POST", core("configmaps"), { body });
    const patch = { metadata: { annotations: { note: null } }, data: { a: null } };
    const merged = await api.ok("PATCH", core("configmaps", "merged"), { body: patch, type: mergePatch });
    expect(merged["data"]).toEqual({ b: "2" });
    expect(metadataOf(merged)["annotations"]).toBeUndefined();
  });

  it("refuses a merge patch at an old version with Conflict", async () => {
    const { api, core } = open();
    const first = await api.ok("POST", core("configmaps"), { body: configMap("merge-stale") });
    await api.ok("PATCH", core("configmaps", "merge-stale"), {
      body: { data: { a: "1" } },
      type: mergePatch,
    });
    const body = { metadata: { resourceVersion: versionOf(first) }, data: { a: "2" } };
    expect(
      (await api.call("PATCH", core("configmaps", "merge-stale"), { body, type: mergePatch })).code,
    ).toBe(409);
  });

  it("refuses a patch of a kind it does not know and of an object that is not there", async () => {
    const { api, core } = open();
    expect((await api.call("PATCH", core("configmaps", "none"), { body: {}, type: mergePatch })).code).toBe(
      404,
    );
    expect(
      (await api.call("PATCH", core("configmaps", "none"), { body: {}, type: "application/x" })).code,
    ).toBe(415);
  });
}

function subresources(open: Open): void {
  it("reads and writes replicas through scale", async () => {
    const { api, grouped } = open();
    await api.ok("POST", grouped("apps/v1", "deployments"), {
      body: { ...deployment("scaled"), spec: { ...objectAt(deployment("scaled"), "spec"), paused: true } },
    });
    const path = `${grouped("apps/v1", "deployments", "scaled")}/scale`;
    const scale = await api.ok("GET", path);
    expect(scale).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      status: { replicas: 0, selector: "app=scaled" },
    });
    const body = [
      { op: "test", path: "/metadata/uid", value: metadataOf(scale)["uid"] },
      { op: "add", path: "/spec/replicas", value: 3 },
    ];
    expect((await api.ok("PATCH", path, { body, type: jsonPatch }))["spec"]).toEqual({ replicas: 3 });
    const after = await api.ok("GET", grouped("apps/v1", "deployments", "scaled"));
    expect({
      replicas: objectAt(after, "spec")["replicas"],
      generation: metadataOf(after)["generation"],
    }).toEqual({ replicas: 3, generation: 2 });
    await api.ok("PATCH", path, { body: { spec: { replicas: 0 } }, type: mergePatch });
    const stale = { metadata: { resourceVersion: versionOf(scale) }, spec: { replicas: 5 } };
    expect((await api.call("PATCH", path, { body: stale, type: mergePatch })).code).toBe(409);
  });

  it("records who scaled as the owner of replicas through scale", async () => {
    const { api, grouped } = open();
    await api.ok("POST", grouped("apps/v1", "deployments"), { body: deployment("owned-scale") });
    const path = grouped("apps/v1", "deployments", "owned-scale");
    await api.ok("PATCH", `${path}/scale?fieldManager=scaler`, {
      body: { spec: { replicas: 1 } },
      type: mergePatch,
    });
    const { managedFields } = metadataOf(await api.ok("GET", path));
    expect(managedFields).toContainEqual(
      expect.objectContaining({
        manager: "scaler",
        operation: "Update",
        subresource: "scale",
        fieldsV1: { "f:spec": { "f:replicas": {} } },
      }),
    );
  });
}
