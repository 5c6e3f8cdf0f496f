import { expect, it } from "vitest";
import { injected, meshRows, ownRows, strict } from "../../../test/kit/assessment/mesh-rows.ts";
import { podRows } from "../../../test/kit/assessment/pod-rows.ts";
import { ingressTo, serviceRows } from "../../../test/kit/assessment/service-rows.ts";
import {
  inNamespace,
  sound,
  withContainer,
  withMarks,
  withPods,
  withPort,
} from "../../../test/kit/assessment/surroundings.ts";
import { type FindingCode, findingKinds } from "../../api/v1alpha1/findings.ts";
import { judge } from "./finding.ts";
import { factsOf } from "./rules.ts";
import type { Surroundings } from "./surroundings.ts";

it("finds nothing in a sound workload", () => {
  expect(factsOf(sound)).toEqual([]);
});

const rows = [...podRows, ...serviceRows, ...meshRows, ...ownRows];

it.each(rows)("tells of %s", (_title, seen, code, path, says) => {
  const [finding, ...others] = judge(factsOf(seen), new Set());
  expect(others).toEqual([]);
  expect(finding).toEqual({
    code,
    severity: findingKinds[code].severity,
    path,
    message: expect.stringMatching(says),
  });
  expect(finding?.message).toContain(findingKinds[code].why);
});

const harmless: readonly (readonly [title: string, seen: Surroundings])[] = [
  ["scratch space of one container", withPods({ volumes: [{ name: "tmp", emptyDir: {} }] })],
  ["a port below 1024", withContainer({ securityContext: { capabilities: { add: ["NET_BIND_SERVICE"] } } })],
  [
    "little memory",
    withContainer({ resources: { requests: { memory: "128Mi" }, limits: { memory: "1Gi" } } }),
  ],
  ["a hook that runs a command", withContainer({ lifecycle: { preStop: { exec: { command: ["drain"] } } } })],
  [
    "a sidecar that serves nothing and exits at once",
    withPods({
      containers: [...withContainer({}).deployment.spec.template.spec.containers, { name: "log" }],
    }),
  ],
  ["HTTP in another spelling", withPort({ appProtocol: "HTTP" })],
  ["WebSockets", withPort({ appProtocol: "kubernetes.io/ws" })],
  ["gRPC-Web", withPort({ name: "grpc-web" })],
  ["a name that means a database on a port that says HTTP", withPort({ name: "redis", appProtocol: "http" })],
  ["a probe of another port by gRPC", withContainer({ readinessProbe: { grpc: { port: 9090 } } })],
  ["an Ingress to another Service", { ...sound, ingresses: [ingressTo("till", "GRPC")] }],
  [
    "a strict namespace of pods outside the mesh",
    { ...sound, peerAuthentications: [strict({ mtls: { mode: "STRICT" } })] },
  ],
  [
    "pods that leave a strict mesh",
    inNamespace(injected, {
      deployment: withMarks({ labels: { "sidecar.istio.io/inject": "false" } }).deployment,
      peerAuthentications: [strict({ mtls: { mode: "STRICT" } })],
    }),
  ],
  [
    "a permissive namespace in a strict mesh",
    inNamespace(injected, {
      peerAuthentications: [
        strict({ mtls: { mode: "STRICT" } }, "istio-system"),
        strict({ mtls: { mode: "PERMISSIVE" } }),
      ],
    }),
  ],
  [
    "strictness for other pods",
    inNamespace(injected, {
      peerAuthentications: [strict({ selector: { matchLabels: { app: "x" } }, mtls: { mode: "STRICT" } })],
    }),
  ],
  ["a mesh of Linkerd that takes all", withMarks({ annotations: { "linkerd.io/inject": "enabled" } })],
  ["no Service at all", { ...sound, service: undefined, port: undefined }],
];

it.each(harmless)("says nothing of %s", (_title, seen) => {
  expect(factsOf(seen)).toEqual([]);
});

/** Tested where a Service is looked for, where the workload is, and with the rules that have tests of their own. */
const elsewhere: readonly FindingCode[] = [
  "WorkloadNotFound",
  "WorkloadKindUnsupported",
  "WorkloadTaken",
  "ServiceNotFound",
  "ServiceAmbiguous",
  "OtherService",
  "ServicePortNotFound",
  "ServicePortAmbiguous",
  "OtherPort",
  "NetworkPolicy",
  "QuotaTooSmall",
  "OutsideLimitRange",
  "CPUTimeNotHeld",
];

it("has a row for every code", () => {
  const told = new Set<string>([...rows.map(([, , code]) => code), ...elsewhere]);
  expect(Object.keys(findingKinds).filter((code) => !told.has(code))).toEqual([]);
});
