/** The scale of a Deployment. */
import { expect, it } from "vitest";
import { objectAt } from "../json.ts";
import { jsonPatch, mergePatch, type Open } from "./api-under-test.ts";
import { deployment, metadataOf, versionOf } from "./objects.ts";

export function scales(open: Open): void {
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
