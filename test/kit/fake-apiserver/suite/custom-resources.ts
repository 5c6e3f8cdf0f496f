/** Custom resources: the schema's defaults, pruning, validation and rules, and the status subresource. */
import { expect, it } from "vitest";
import { arrayAt, objectAt, type JsonObject } from "../json.ts";
import { mergePatch, type Open, type Reply } from "./api-under-test.ts";
import { edgeFunction, metadataOf } from "./objects.ts";

const group = "ebb.dev/v1alpha1";
const plural = "edgefunctions";

const savedScale = { replicas: 3, recordTime: "2026-01-01T00:00:00Z", deploymentUID: "uid" };

export function customResources(open: Open): void {
  const create = (object: JsonObject, query = ""): Promise<Reply> =>
    open().api.call("POST", `${open().grouped(group, plural)}${query}`, { body: object });
  shapes(open, create);
  statuses(open, create);
}

type Create = (object: JsonObject, query?: string) => Promise<Reply>;

function shapes(open: Open, create: Create): void {
  it("fills the defaults of the schema", async () => {
    const { code, body } = await create(edgeFunction("defaulted"));
    expect(code).toBe(201);
    expect(objectAt(body, "spec")).toMatchObject({
      placement: "Edge",
      suspend: false,
      offload: { drainPeriod: "5s" },
    });
    expect(metadataOf(body)["generation"]).toBe(1);
  });

  it("drops fields that the schema does not have, and refuses them when asked to be strict", async () => {
    const { body } = await create(edgeFunction("pruned", { surprise: 1 }));
    expect(objectAt(body, "spec")).not.toHaveProperty("surprise");
    const strict = await create(edgeFunction("strict", { surprise: 1 }), "?fieldValidation=Strict");
    expect(strict.code).toBe(400);
    expect(strict.body["message"]).toContain('unknown field "spec.surprise"');
  });

  it("says that rules wait for a valid shape", async () => {
    const { body } = await create(edgeFunction("shapeless", { suspend: "yes", module: {} }));
    expect(body["message"]).toContain("<nil>: Invalid value: null: some validation rules were not checked");
    expect(body["message"]).not.toContain("a module needs one source");
  });

  it.each([
    [
      "an unknown word",
      { placement: "Moon" },
      "spec.placement",
      'Unsupported value: "Moon": supported values: "Edge", "Cluster"',
    ],
    ["a missing field", { workloadRef: {} }, "spec.workloadRef.name", "Required value"],
    ["a wrong type", { suspend: "yes" }, "spec.suspend", "must be of type boolean"],
    [
      "a rule on a string",
      { workloadRef: { name: "Not Valid" } },
      "spec.workloadRef.name",
      "is not the name of a Deployment",
    ],
    [
      "a rule on a duration",
      { offload: { drainPeriod: "25h" } },
      "spec.offload.drainPeriod",
      "at most 24h is allowed",
    ],
    ["a rule on an object", { module: {} }, "spec.module", "a module needs one source"],
    [
      "a duplicate key of a list",
      {
        env: [
          { name: "A", value: "1" },
          { name: "A", value: "2" },
        ],
      },
      "spec.env[1]",
      "Duplicate value",
    ],
  ])("refuses %s and names the field", async (_title, spec, field, message) => {
    const { code, body } = await create(edgeFunction("refused", spec));
    expect({ code, reason: body["reason"] }).toEqual({ code: 422, reason: "Invalid" });
    expect(body["message"]).toContain(`${field}: `);
    expect(body["message"]).toContain(message);
    expect(arrayAt(body, "details", "causes").map((cause) => objectAt(cause)["field"])).toContain(field);
  });
}

function statuses(open: Open, create: Create): void {
  it("keeps spec and status apart", async () => {
    const { api, grouped } = open();
    await create({ ...edgeFunction("apart"), status: { phase: "Offloaded" } });
    const path = grouped(group, plural, "apart");
    expect((await api.ok("GET", path))["status"]).toBeUndefined();
    const status = { spec: { suspend: true }, status: { phase: "Pending" } };
    const written = await api.ok("PATCH", `${path}/status`, { body: status, type: mergePatch });
    expect({
      suspend: objectAt(written, "spec")["suspend"],
      phase: objectAt(written, "status")["phase"],
      generation: metadataOf(written)["generation"],
    }).toEqual({ suspend: false, phase: "Pending", generation: 1 });
    const main = { spec: { suspend: true }, status: { phase: "Offloaded" } };
    const changed = await api.ok("PATCH", path, { body: main, type: mergePatch });
    expect({
      suspend: objectAt(changed, "spec")["suspend"],
      phase: objectAt(changed, "status")["phase"],
      generation: metadataOf(changed)["generation"],
    }).toEqual({ suspend: true, phase: "Pending", generation: 2 });
  });

  it("ignores metadata written through status", async () => {
    const { api, grouped } = open();
    await create(edgeFunction("labels"));
    const path = `${grouped(group, plural, "labels")}/status`;
    const body = { metadata: { labels: { a: "1" } }, status: { phase: "Pending" } };
    expect(metadataOf(await api.ok("PATCH", path, { body, type: mergePatch }))["labels"]).toBeUndefined();
  });

  it("validates status against the schema", async () => {
    const { api, grouped } = open();
    await create(edgeFunction("checked"));
    const path = `${grouped(group, plural, "checked")}/status`;
    const { code, body } = await api.call("PATCH", path, {
      body: { status: { phase: "Lost" } },
      type: mergePatch,
    });
    expect(code).toBe(422);
    expect(body["message"]).toContain("status.phase");
  });

  it("holds a transition rule against the object before", async () => {
    const { api, grouped } = open();
    await create(edgeFunction("moved"));
    const path = grouped(group, plural, "moved");
    const rename = { spec: { workloadRef: { name: "other" } } };
    await api.ok("PATCH", path, { body: rename, type: mergePatch });
    await api.ok("PATCH", `${path}/status`, { body: { status: { savedScale } }, type: mergePatch });
    const { code, body } = await api.call("PATCH", path, {
      body: { spec: { workloadRef: { name: "third" } } },
      type: mergePatch,
    });
    expect(code).toBe(422);
    expect(body["message"]).toContain(
      "spec.workloadRef: Forbidden: may not change while the Deployment other is away",
    );
  });
}
