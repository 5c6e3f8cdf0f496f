import { expect, it } from "vitest";
import type { Deployment, Service } from "../kube/objects.ts";
import { findService, type ServiceRef } from "./find-service.ts";
import { refuseStateful } from "./inspect-workload.ts";

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
  expect([found.service.metadata.name, found.port.port]).toEqual(["web", 80]);
});

it("takes a port by name or by number", () => {
  expect(findService(deployment, [service("web")], { name: "web", port: { name: "http" } }).port.port).toBe(
    80,
  );
  expect(findService(deployment, [service("web")], { name: "web", port: { number: 80 } }).port.name).toBe(
    "http",
  );
});

it("leaves Ebb's own Services out", () => {
  const ours = {
    ...service("ebb-origin-0123456789"),
    metadata: { name: "ebb-origin-0123456789", labels: { "app.kubernetes.io/managed-by": "ebb" } },
  };
  expect(findService(deployment, [ours, service("web")], undefined).service.metadata.name).toBe("web");
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
  ["two Services", [service("web"), service("api")], undefined, "ServiceAmbiguous", /"web", "api"/],
  [
    "a second Service on the pods",
    [service("web"), service("api")],
    { name: "web" },
    "OtherService",
    /Service "api"/,
  ],
  ["a headless Service", [service("web", { clusterIP: "None" })], undefined, "ServiceHeadless", /headless/],
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
  [
    "a UDP port",
    [service("web", { ports: [{ ...http, protocol: "UDP" }] })],
    undefined,
    "ServicePortNotHTTP",
    /UDP/,
  ],
  [
    "gRPC",
    [service("web", { ports: [{ ...http, appProtocol: "grpc" }] })],
    undefined,
    "ServicePortNotHTTP",
    /grpc/,
  ],
  [
    "session affinity",
    [service("web", { sessionAffinity: "ClientIP" })],
    undefined,
    "ServiceUnsupported",
    /ClientIP/,
  ],
  [
    "a Local policy",
    [service("web", { externalTrafficPolicy: "Local" })],
    undefined,
    "ServiceUnsupported",
    /externalTrafficPolicy: Local/,
  ],
  [
    "unready addresses",
    [service("web", { publishNotReadyAddresses: true })],
    undefined,
    "ServiceUnsupported",
    /publishNotReady/,
  ],
])("refuses %s", (_title, services, ref, reason, message) => {
  expect(() => findService(deployment, services, ref)).toThrow(
    expect.objectContaining({ reason, message: expect.stringMatching(message) }),
  );
});

const withSpec = (spec: Partial<Deployment["spec"]["template"]["spec"]>): Deployment => ({
  ...deployment,
  spec: {
    ...deployment.spec,
    template: { ...deployment.spec.template, spec: { ...deployment.spec.template.spec, ...spec } },
  },
});

it("takes pods whose volumes hold no state", () => {
  const volumes = [
    { name: "a", configMap: { name: "c" } },
    { name: "b", emptyDir: {} },
    { name: "c", projected: {} },
  ];
  expect(() => refuseStateful(withSpec({ volumes }))).not.toThrow();
});

it.each([
  [
    "a PersistentVolumeClaim",
    { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "d" } }] },
    "Volumes",
    /"data".*persistentVolumeClaim/,
  ],
  ["a host path", { volumes: [{ name: "logs", hostPath: { path: "/var" } }] }, "Volumes", /hostPath/],
  ["the host's network", { hostNetwork: true }, "HostNetwork", /hostNetwork/],
])("refuses pods with %s", (_title, spec, reason, message) => {
  expect(() => refuseStateful(withSpec(spec))).toThrow(
    expect.objectContaining({ reason, message: expect.stringMatching(message) }),
  );
});
