/** Namespaces that end, and kinds with rules of their own. */
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { eventually, mergePatch, type Open } from "./api-under-test.ts";
import { configMap, metadataOf } from "./objects.ts";

export function collections(open: Open): void {
  it("empties a namespace that is deleted and refuses new content meanwhile", async () => {
    const { api } = open();
    const name = `suite-ending-${randomUUID().slice(0, 6)}`;
    const space = `/api/v1/namespaces/${name}`;
    await api.ok("POST", "/api/v1/namespaces", {
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name } },
    });
    await api.ok("POST", `${space}/configmaps`, {
      body: configMap("held", {}, { finalizers: ["ebb.dev/suite"] }),
    });
    await api.ok("POST", `${space}/configmaps`, { body: configMap("free") });
    const marked = await api.ok("DELETE", space);
    expect(marked["status"]).toMatchObject({ phase: "Terminating" });
    const { code, body } = await api.call("POST", `${space}/configmaps`, { body: configMap("late") });
    expect({ code, reason: body["reason"], message: body["message"] }).toEqual({
      code: 403,
      reason: "Forbidden",
      message: `configmaps "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
    });
    await eventually(async () => {
      expect((await api.call("GET", `${space}/configmaps/free`)).code).toBe(404);
    });
    await eventually(async () => {
      expect(metadataOf(await api.ok("GET", `${space}/configmaps/held`))["deletionTimestamp"]).toBeDefined();
    });
    await api.ok("PATCH", `${space}/configmaps/held`, {
      body: { metadata: { finalizers: null } },
      type: mergePatch,
    });
    await eventually(async () => {
      expect((await api.call("GET", space)).code).toBe(404);
    });
  });

  it("counts the generation of a slice and keeps its address type", async () => {
    const { api, grouped } = open();
    const path = grouped("discovery.k8s.io/v1", "endpointslices");
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "slice" },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.1.2.3"] }],
      ports: [{ port: 80 }],
    };
    const created = await api.ok("POST", path, { body: slice });
    expect(metadataOf(created)["generation"]).toBe(1);
    expect(created["ports"]).toEqual([{ name: "", port: 80, protocol: "TCP" }]);
    const moved = await api.ok("PATCH", `${path}/slice`, {
      body: { endpoints: [{ addresses: ["10.1.2.4"] }] },
      type: mergePatch,
    });
    expect(metadataOf(moved)["generation"]).toBe(2);
    expect(
      (await api.call("PATCH", `${path}/slice`, { body: { addressType: "IPv6" }, type: mergePatch })).code,
    ).toBe(422);
  });

  it("keeps the selector of a Deployment and the cluster IP of a Service", async () => {
    const { api, grouped, core } = open();
    const labels = { app: "fixed" };
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: "app", image: "registry.example/app:1" }] },
    };
    const workload = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "fixed" },
      spec: { replicas: 0, selector: { matchLabels: labels }, template },
    };
    await api.ok("POST", grouped("apps/v1", "deployments"), { body: workload });
    const other = { spec: { selector: { matchLabels: { app: "other" } } } };
    expect(
      (await api.call("PATCH", grouped("apps/v1", "deployments", "fixed"), { body: other, type: mergePatch }))
        .code,
    ).toBe(422);
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "fixed" },
      spec: { ports: [{ port: 80 }] },
    };
    await api.ok("POST", core("services"), { body: service });
    const address = { spec: { clusterIP: "10.97.0.9", clusterIPs: ["10.97.0.9"] } };
    expect(
      (await api.call("PATCH", core("services", "fixed"), { body: address, type: mergePatch })).code,
    ).toBe(422);
  });
}
