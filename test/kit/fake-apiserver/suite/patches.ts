/** JSON patches and merge patches. */
import { expect, it } from "vitest";
import { jsonPatch, mergePatch, type Open } from "./api-under-test.ts";
import { configMap, metadataOf, versionOf } from "./objects.ts";

export function patches(open: Open): void {
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
