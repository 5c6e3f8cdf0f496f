/** Updates of whole objects: versions, uids, generations. */
import { expect, it } from "vitest";
import { mergePatch, type Open } from "./api-under-test.ts";
import { configMap, deployment, metadataOf, versionOf } from "./objects.ts";

export function updates(open: Open): void {
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
