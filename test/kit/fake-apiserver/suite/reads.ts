/** Gets and lists: selectors, pages, metadata only. */
import { beforeAll, expect, it } from "vitest";
import { arrayAt, type JsonObject } from "../json.ts";
import { jsonPatch, type Open } from "./api-under-test.ts";
import { configMap, metadataOf, versionOf } from "./objects.ts";

const partialList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const names = ["p-0", "p-1", "p-2", "p-3", "p-4"];

function namesOf(list: JsonObject): unknown[] {
  return arrayAt(list, "items").map((item) => metadataOf(item as JsonObject)["name"]);
}

export function reads(open: Open): void {
  beforeAll(async () => {
    const { api, core } = open();
    for (const [index, name] of names.entries()) {
      const labels = {
        set: "pages",
        parity: index % 2 === 0 ? "even" : "odd",
        ...(index === 0 ? { first: "yes" } : {}),
      };
      await api.ok("POST", core("configmaps"), {
        body: configMap(name, { index: String(index) }, { labels }),
      });
    }
  });

  it("answers NotFound with a Status for an object and a kind that are not there", async () => {
    const { api, core } = open();
    const object = await api.call("GET", core("configmaps", "none"));
    expect({ code: object.code, ...object.body }).toMatchObject({
      code: 404,
      kind: "Status",
      status: "Failure",
      reason: "NotFound",
      details: { name: "none", kind: "configmaps" },
    });
    expect((await api.call("GET", core("nosuchthings", "none"))).code).toBe(404);
  });

  it.each([
    ["set=pages,parity=odd", ["p-1", "p-3"]],
    ["set=pages,parity!=odd", ["p-0", "p-2", "p-4"]],
    ["set=pages,parity in (odd,none)", ["p-1", "p-3"]],
    ["set=pages,parity notin (odd)", ["p-0", "p-2", "p-4"]],
    ["first", ["p-0"]],
    ["set=pages,!first", ["p-1", "p-2", "p-3", "p-4"]],
  ])("selects by labels: %s", async (selector, expected) => {
    const { api, core } = open();
    const list = await api.ok("GET", `${core("configmaps")}?labelSelector=${encodeURIComponent(selector)}`);
    expect(namesOf(list)).toEqual(expected);
  });

  it("selects by name and namespace, and refuses fields it does not index", async () => {
    const { api, core, namespace } = open();
    const list = await api.ok(
      "GET",
      `/api/v1/configmaps?fieldSelector=metadata.name%3Dp-2,metadata.namespace%3D${namespace}`,
    );
    expect(namesOf(list)).toEqual(["p-2"]);
    expect((await api.call("GET", `${core("configmaps")}?fieldSelector=data.index%3D1`)).code).toBe(400);
  });

  it("pages through one snapshot", async () => {
    const { api, core } = open();
    const path = `${core("configmaps")}?labelSelector=set%3Dpages&limit=2`;
    const first = await api.ok("GET", path);
    await api.ok("PATCH", core("configmaps", "p-4"), {
      body: [{ op: "replace", path: "/data/index", value: "changed" }],
      type: jsonPatch,
    });
    const second = await api.ok("GET", `${path}&continue=${String(metadataOf(first)["continue"])}`);
    const third = await api.ok("GET", `${path}&continue=${String(metadataOf(second)["continue"])}`);
    expect([first, second, third].map(namesOf)).toEqual([["p-0", "p-1"], ["p-2", "p-3"], ["p-4"]]);
    expect(new Set([first, second, third].map(versionOf)).size).toBe(1);
    expect(metadataOf(third)["continue"]).toBeUndefined();
    expect((arrayAt(third, "items")[0] as JsonObject)["data"]).toEqual({ index: "4" });
  });

  it("lists metadata only when asked", async () => {
    const { api, core } = open();
    const list = await api.ok("GET", `${core("configmaps")}?labelSelector=first`, { accept: partialList });
    expect(list).toMatchObject({ kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1" });
    const [item] = arrayAt(list, "items") as JsonObject[];
    expect(item).toMatchObject({ metadata: { name: "p-0", labels: { first: "yes" } } });
    expect(item).not.toHaveProperty("data");
  });

  it("names the list by its kind and gives a version to watch from", async () => {
    const { api, core } = open();
    const list = await api.ok("GET", core("configmaps"));
    expect(list).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
    expect(versionOf(list)).toMatch(/^\d+$/);
  });
}
