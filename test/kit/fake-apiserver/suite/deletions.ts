/** Deletion: preconditions, finalizers, and what the garbage collector takes along. */
import { expect, it } from "vitest";
import { eventually, jsonPatch, mergePatch, type Bench, type Open } from "./api-under-test.ts";
import { configMap, edgeFunction, metadataOf } from "./objects.ts";
import type { JsonObject } from "../json.ts";

const hold = "ebb.dev/suite";

export function deletions(open: Open): void {
  immediate(open);
  finalized(open);
  collected(open);
}

function immediate(open: Open): void {
  it("answers a deletion with Success and a second one with NotFound", async () => {
    const { api, core } = open();
    await api.ok("POST", core("configmaps"), { body: configMap("gone") });
    expect(await api.ok("DELETE", core("configmaps", "gone"))).toMatchObject({
      kind: "Status",
      status: "Success",
    });
    const { code, body } = await api.call("DELETE", core("configmaps", "gone"));
    expect({ code, message: body["message"] }).toEqual({ code: 404, message: 'configmaps "gone" not found' });
  });

  it("refuses a deletion whose uid or version is another with Conflict", async () => {
    const { api, core } = open();
    await api.ok("POST", core("configmaps"), { body: configMap("kept") });
    const uid = { preconditions: { uid: "00000000-0000-4000-8000-000000000000" } };
    const version = { preconditions: { resourceVersion: "1" } };
    for (const body of [uid, version]) {
      const reply = await api.call("DELETE", core("configmaps", "kept"), {
        body: { apiVersion: "v1", kind: "DeleteOptions", ...body },
      });
      expect({ code: reply.code, reason: reply.body["reason"] }).toEqual({ code: 409, reason: "Conflict" });
    }
  });

  it("deletes a collection by label", async () => {
    const { api, core } = open();
    await api.ok("POST", core("configmaps"), { body: configMap("set-1", {}, { labels: { set: "x" } }) });
    await api.ok("POST", core("configmaps"), { body: configMap("set-2", {}, { labels: { set: "y" } }) });
    await api.ok("DELETE", `${core("configmaps")}?labelSelector=set%3Dx`);
    expect((await api.call("GET", core("configmaps", "set-1"))).code).toBe(404);
    expect((await api.call("GET", core("configmaps", "set-2"))).code).toBe(200);
  });
}

function finalized(open: Open): void {
  it("marks an object with a finalizer, and lets it go with the last one", async () => {
    const { api, core } = open();
    await api.ok("POST", core("configmaps"), { body: configMap("held", {}, { finalizers: [hold] }) });
    const marked = await api.ok("DELETE", core("configmaps", "held"));
    expect(metadataOf(marked)).toMatchObject({
      deletionTimestamp: expect.any(String),
      deletionGracePeriodSeconds: 0,
    });
    const body = [
      { op: "test", path: "/metadata/finalizers/0", value: hold },
      { op: "remove", path: "/metadata/finalizers/0" },
    ];
    await api.ok("PATCH", core("configmaps", "held"), { body, type: jsonPatch });
    expect((await api.call("GET", core("configmaps", "held"))).code).toBe(404);
  });

  it("adds no finalizer to an object that is being deleted", async () => {
    const { api, core } = open();
    await api.ok("POST", core("configmaps"), { body: configMap("leaving", {}, { finalizers: [hold] }) });
    await api.ok("DELETE", core("configmaps", "leaving"));
    const more = { metadata: { finalizers: [hold, "ebb.dev/late"] } };
    expect(
      (await api.call("PATCH", core("configmaps", "leaving"), { body: more, type: mergePatch })).code,
    ).toBe(422);
    await api.ok("PATCH", core("configmaps", "leaving"), {
      body: { metadata: { finalizers: null } },
      type: mergePatch,
    });
  });

  it("counts the generation of a custom resource on its deletion", async () => {
    const { api, grouped } = open();
    const object = edgeFunction("counted-out");
    await api.ok("POST", grouped("ebb.dev/v1alpha1", "edgefunctions"), {
      body: { ...object, metadata: { name: "counted-out", finalizers: [hold] } },
    });
    const marked = await api.ok("DELETE", grouped("ebb.dev/v1alpha1", "edgefunctions", "counted-out"));
    expect(metadataOf(marked)["generation"]).toBe(2);
    const body = { metadata: { finalizers: null } };
    await api.ok("PATCH", grouped("ebb.dev/v1alpha1", "edgefunctions", "counted-out"), {
      body,
      type: mergePatch,
    });
  });
}

async function pair({ api, core }: Bench, name: string, reference: JsonObject = {}): Promise<void> {
  const owner = await api.ok("POST", core("configmaps"), { body: configMap(`${name}-owner`) });
  const ownerReferences = [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      name: `${name}-owner`,
      uid: metadataOf(owner)["uid"],
      ...reference,
    },
  ];
  await api.ok("POST", core("configmaps"), { body: configMap(`${name}-child`, {}, { ownerReferences }) });
}

function collected(open: Open): void {
  it("collects what an object owned after its deletion", async () => {
    const bench = open();
    await pair(bench, "background");
    await bench.api.ok("DELETE", bench.core("configmaps", "background-owner"));
    await eventually(async () => {
      expect((await bench.api.call("GET", bench.core("configmaps", "background-child"))).code).toBe(404);
    });
  });

  it("collects an object whose owner was never there", async () => {
    const { api, core } = open();
    const ownerReferences = [
      { apiVersion: "v1", kind: "ConfigMap", name: "ghost", uid: "00000000-0000-4000-8000-00000000dead" },
    ];
    await api.ok("POST", core("configmaps"), { body: configMap("haunted", {}, { ownerReferences }) });
    await eventually(async () => {
      expect((await api.call("GET", core("configmaps", "haunted"))).code).toBe(404);
    });
  });

  it("keeps the owner until its dependents are gone when deletion is Foreground", async () => {
    const bench = open();
    await pair(bench, "foreground", { blockOwnerDeletion: true });
    const path = `${bench.core("configmaps", "foreground-owner")}?propagationPolicy=Foreground`;
    const marked = await bench.api.ok("DELETE", path);
    expect(metadataOf(marked)["finalizers"]).toEqual(["foregroundDeletion"]);
    await eventually(async () => {
      expect((await bench.api.call("GET", bench.core("configmaps", "foreground-owner"))).code).toBe(404);
    });
    expect((await bench.api.call("GET", bench.core("configmaps", "foreground-child"))).code).toBe(404);
  });

  it("leaves the dependents of an orphaning deletion without their owner", async () => {
    const bench = open();
    await pair(bench, "orphan");
    await bench.api.ok("DELETE", `${bench.core("configmaps", "orphan-owner")}?propagationPolicy=Orphan`);
    await eventually(async () => {
      expect((await bench.api.call("GET", bench.core("configmaps", "orphan-owner"))).code).toBe(404);
    });
    const child = await bench.api.ok("GET", bench.core("configmaps", "orphan-child"));
    expect(metadataOf(child)["ownerReferences"]).toBeUndefined();
  });
}
