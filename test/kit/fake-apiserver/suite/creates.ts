/** Creates: what the server adds, and what it refuses. */
import { expect, it } from "vitest";
import { objectAt } from "../json.ts";
import type { Open } from "./api-under-test.ts";
import { configMap, deployment, metadataOf } from "./objects.ts";

export function creates(open: Open): void {
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
