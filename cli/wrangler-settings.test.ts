import { describe, expect, it } from "vitest";
import { readSettings } from "./wrangler-settings.ts";

const config = { name: "shop", main: "index.js", compatibility_date: "2026-09-01" };
const read = (change: object) => readSettings({ ...config, ...change }, "wrangler.jsonc");

it("carries date, flags and variables, and says what it leaves out", () => {
  const settings = read({
    compatibility_flags: ["nodejs_compat"],
    vars: { A: "b" },
    routes: ["shop.example.com/*"],
    kv_namespaces: [],
    queues: { producers: [], consumers: [] },
    triggers: { crons: undefined },
  });
  expect(settings).toEqual({
    name: "shop",
    compatibilityDate: "2026-09-01",
    compatibilityFlags: ["nodejs_compat"],
    vars: { A: "b" },
    leftOut: ["routes"],
  });
});

describe("a configuration is refused with", () => {
  it.each([
    [{ kv_namespaces: [{ binding: "CACHE", id: "1" }] }, "kv_namespaces (CACHE)"],
    [{ d1_databases: [{ binding: "DB" }, { binding: "LOG" }] }, "d1_databases (DB, LOG)"],
    [{ durable_objects: { bindings: [{ name: "ROOM", class_name: "Room" }] } }, "durable_objects (ROOM)"],
    [{ queues: { producers: [{ binding: "JOBS", queue: "jobs" }], consumers: [] } }, "queues (JOBS)"],
    [{ ai: { binding: "AI" } }, "ai (AI)"],
    [{ triggers: { crons: ["* * * * *"] } }, "asks for triggers,"],
    [{ a_binding_of_tomorrow: [{ binding: "NEW" }] }, "a_binding_of_tomorrow (NEW)"],
    [{ vars: { LIMITS: { rate: 1 } } }, "vars.LIMITS with a value that is no string"],
    [{ compatibility_date: undefined }, "has no compatibility_date"],
  ])("%j", (change, says) => {
    expect(() => read(change)).toThrow(says);
  });
});
