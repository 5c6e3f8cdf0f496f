import { expect, it } from "vitest";
import type { Deployment, Service } from "../kube/objects.ts";
import { findService, resolveService, type ServiceRef } from "./find-service.ts";

const deployment: Deployment = {
  metadata: { name: "checkout", namespace: "shop" },
  spec: {
    selector: { matchLabels: { app: "checkout" } },
    template: {
      metadata: { labels: { app: "checkout", tier: "web" } },
      spec: { containers: [{ name: "app" }] },
    },
  },
};

const service = (name: string, spec: Partial<Service["spec"]> = {}): Service => ({
  metadata: { name, namespace: "shop" },
  spec: {
    selector: { app: "checkout" },
    clusterIP: "10.96.0.9",
    ports: [{ name: "http", port: 80, targetPort: 8080 }],
    ...spec,
  },
});

const http = { name: "http", port: 80 };
const admin = { name: "admin", port: 9000 };

it("finds the one Service on the pods and its one port", () => {
  const others = [service("till", { selector: { app: "till" } }), service("empty", { selector: {} })];
  const found = findService(deployment, [...others, service("web")], undefined);
  expect([found?.service.metadata.name, found?.port.port]).toEqual(["web", 80]);
});

it("takes a port by name or by number", () => {
  expect(findService(deployment, [service("web")], { name: "web", port: { name: "http" } })?.port.port).toBe(
    80,
  );
  expect(findService(deployment, [service("web")], { name: "web", port: { number: 80 } })?.port.name).toBe(
    "http",
  );
});

it("leaves Ebb's own Services out", () => {
  const ours = {
    ...service("ebb-origin-0123456789"),
    metadata: { name: "ebb-origin-0123456789", labels: { "app.kubernetes.io/managed-by": "ebb" } },
  };
  expect(findService(deployment, [ours, service("web")], undefined)?.service.metadata.name).toBe("web");
});

it.each<[string, Service[], ServiceRef | undefined, string, RegExp]>([
  ["no Service", [], undefined, "ServiceNotFound", /No Service selects/],
  [
    "a Service that is not there",
    [service("web")],
    { name: "shop" },
    "ServiceNotFound",
    /spec\.serviceRef\.name is "shop"/,
  ],
  [
    "a Service of other pods",
    [service("web", { selector: { app: "x" } })],
    { name: "web" },
    "ServiceNotFound",
    /does not select/,
  ],
  ["two Services", [service("web"), service("api")], undefined, "ServiceAmbiguous", /"api", "web"/],
  [
    "a second Service on the pods",
    [service("web"), service("api")],
    { name: "web" },
    "OtherService",
    /Service "api"/,
  ],
  [
    "two HTTP ports",
    [service("web", { ports: [http, admin] })],
    undefined,
    "ServicePortAmbiguous",
    /http 80, admin 9000/,
  ],
  [
    "a second port",
    [service("web", { ports: [http, admin] })],
    { name: "web", port: { name: "http" } },
    "OtherPort",
    /port admin/,
  ],
  [
    "a port that is not there",
    [service("web")],
    { name: "web", port: { number: 8080 } },
    "ServicePortNotFound",
    /Its ports: http 80/,
  ],
  ["no port", [service("web", { ports: [] })], undefined, "ServicePortNotFound", /has no port/],
])("refuses %s", (_title, services, ref, reason, message) => {
  const { facts } = resolveService(deployment, services, ref);
  expect(facts).toEqual([expect.objectContaining({ code: reason, found: expect.stringMatching(message) })]);
  expect(findService(deployment, services, ref)).toBeUndefined();
});

it("finds the Service and the port also when others are in the way", () => {
  const found = resolveService(deployment, [service("web"), service("api"), service("old")], { name: "web" });
  expect(found.facts.map(({ code, path }) => `${code} ${path}`)).toEqual([
    "OtherService Service/api .spec.selector",
    "OtherService Service/old .spec.selector",
  ]);
  expect([found.service?.metadata.name, found.port?.port]).toEqual(["web", 80]);
});
