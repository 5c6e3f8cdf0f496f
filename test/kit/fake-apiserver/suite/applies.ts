/** Server-side apply and who owns what. */
import { expect, it } from "vitest";
import { arrayAt, objectAt, type JsonObject } from "../json.ts";
import { applyPatch, mergePatch, type Bench, type Open, type Reply } from "./api-under-test.ts";
import { configMap, deployment, metadataOf, versionOf } from "./objects.ts";

function apply({ api, core }: Bench, manager: string, object: JsonObject, force = false): Promise<Reply> {
  const path = `${core("configmaps", String(metadataOf(object)["name"]))}?fieldManager=${manager}&force=${force}`;
  return api.call("PATCH", path, { body: object, type: applyPatch });
}

function owner(object: JsonObject, manager: string): JsonObject {
  const entries = arrayAt(metadataOf(object), "managedFields") as JsonObject[];
  return entries.find((entry) => entry["manager"] === manager) ?? {};
}

export function applies(open: Open): void {
  it("creates what is not there and records the owner of each field", async () => {
    const { code, body } = await apply(
      open(),
      "one",
      configMap("created", { a: "1" }, { labels: { l: "1" } }),
    );
    expect(code).toBe(201);
    expect(owner(body, "one")).toMatchObject({
      operation: "Apply",
      apiVersion: "v1",
      fieldsV1: { "f:data": { "f:a": {} }, "f:metadata": { "f:labels": { "f:l": {} } } },
    });
  });

  it("changes nothing when the same is applied again", async () => {
    const first = await apply(open(), "one", configMap("again", { a: "1" }));
    const second = await apply(open(), "one", configMap("again", { a: "1" }));
    expect({ code: second.code, version: versionOf(second.body) }).toEqual({
      code: 200,
      version: versionOf(first.body),
    });
  });

  it("removes what the manager no longer applies and leaves what others own", async () => {
    await apply(open(), "one", configMap("pruned", { mine: "1", ours: "1" }, { labels: { l: "1" } }));
    await apply(open(), "two", configMap("pruned", { ours: "1", theirs: "1" }));
    const { body } = await apply(open(), "one", configMap("pruned", {}));
    expect(body["data"]).toEqual({ ours: "1", theirs: "1" });
    expect(metadataOf(body)["labels"]).toBeUndefined();
  });

  it("refuses a field of another manager with Conflict, and takes it when forced", async () => {
    await apply(open(), "one", configMap("fought", { a: "1" }));
    const refused = await apply(open(), "two", configMap("fought", { a: "2" }));
    expect({ code: refused.code, reason: refused.body["reason"] }).toEqual({ code: 409, reason: "Conflict" });
    expect(refused.body["message"]).toBe('Apply failed with 1 conflict: conflict with "one": .data.a');
    const { body } = await apply(open(), "two", configMap("fought", { a: "2" }), true);
    expect(body["data"]).toEqual({ a: "2" });
    expect(owner(body, "one")).toEqual({});
  });

  it("shares a field that two managers set alike", async () => {
    await apply(open(), "one", configMap("shared", { a: "1" }));
    expect((await apply(open(), "two", configMap("shared", { a: "1" }))).code).toBe(200);
    const { body } = await apply(open(), "one", configMap("shared", {}));
    expect(body["data"]).toEqual({ a: "1" });
  });

  it("passes a field to the manager that updates it", async () => {
    const bench = open();
    await apply(bench, "one", configMap("updated", { a: "1", b: "1" }));
    const path = `${bench.core("configmaps", "updated")}?fieldManager=hand`;
    const body = await bench.api.ok("PATCH", path, { body: { data: { a: "2" } }, type: mergePatch });
    expect(owner(body, "hand")).toMatchObject({ operation: "Update", fieldsV1: { "f:data": { "f:a": {} } } });
    expect(owner(body, "one")["fieldsV1"]).toEqual({ "f:data": { "f:b": {} } });
    expect((await apply(bench, "one", configMap("updated", { a: "1" }))).code).toBe(409);
  });

  it("asks for a field manager", async () => {
    const { api, core } = open();
    const reply = await api.call("PATCH", core("configmaps", "anonymous"), {
      body: configMap("anonymous"),
      type: applyPatch,
    });
    expect(reply.code).not.toBeLessThan(400);
    expect(reply.body["message"]).toContain("fieldManager");
  });

  it("merges containers by name and finalizers as a set", async () => {
    const { api, grouped } = open();
    await api.ok("POST", grouped("apps/v1", "deployments"), { body: deployment("by-name") });
    const containers = [
      { name: "app", env: [{ name: "A", value: "1" }] },
      { name: "side", image: "registry.example/side:1" },
    ];
    const body = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "by-name", finalizers: ["ebb.dev/suite"] },
      spec: { template: { spec: { containers } } },
    };
    const path = grouped("apps/v1", "deployments", "by-name");
    const merged = await api.ok("PATCH", `${path}?fieldManager=one`, { body, type: applyPatch });
    const named = arrayAt(merged, "spec", "template", "spec", "containers").map((item) => objectAt(item));
    expect(named).toEqual([
      expect.objectContaining({
        name: "app",
        image: "registry.example/app:1",
        env: [{ name: "A", value: "1" }],
      }),
      expect.objectContaining({ name: "side" }),
    ]);
    const without = {
      ...body,
      metadata: { name: "by-name" },
      spec: { template: { spec: { containers: [{ name: "app" }] } } },
    };
    const left = await api.ok("PATCH", `${path}?fieldManager=one`, { body: without, type: applyPatch });
    expect(
      arrayAt(left, "spec", "template", "spec", "containers").map((item) => objectAt(item)["name"]),
    ).toEqual(["app"]);
    expect(objectAt(arrayAt(left, "spec", "template", "spec", "containers")[0])["env"]).toBeUndefined();
    expect(metadataOf(left)["finalizers"]).toBeUndefined();
  });
}
