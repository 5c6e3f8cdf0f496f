/** What the API server itself refuses, by the CRDs alone: every refusal names the field and says what is allowed. */
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type BadManifest, badManifests } from "./bad-manifests.ts";
import { type CrdServer, startFakeCrdServer, startRealCrdServer } from "./crd-servers.ts";
import { goodSpecs, manifest, plurals } from "./manifest.ts";

function check(server: CrdServer, { kind, spec }: Pick<BadManifest, "kind" | "spec">) {
  return server.create(plurals[kind], manifest(server.apiVersion, kind, spec));
}

const starters = [
  ["the real API server", startRealCrdServer],
  ["the fake API server", startFakeCrdServer],
] as const;

describe.each(starters)("%s", (_name, start) => {
  let server: CrdServer;
  beforeAll(async () => {
    server = await start();
    return () => server.stop();
  });

  test.each(badManifests)("refuses $mistake ($kind)", async ({ field, says, ...bad }) => {
    const { code, message } = await check(server, bad);
    expect([400, 422]).toContain(code);
    expect(message).toContain(field);
    expect(message).toContain(says);
  });

  test("fills in the defaults of the smallest EdgeFunction", async () => {
    const { code, object } = await check(server, { kind: "EdgeFunction", spec: "{}" });
    expect({ code, spec: object.spec }).toEqual({
      code: 201,
      spec: {
        placement: "Edge",
        suspend: false,
        workloadRef: { name: "checkout" },
        module: { abi: "Auto", configMapKeyRef: { name: "checkout-module", key: "module.wasm" } },
        offload: { drainPeriod: "5s" },
      },
    });
  });

  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
  test.each([
    `oci: {reference: "registry.example.com/shop/checkout:1.4.2"}`,
    `oci: {reference: "localhost:5000/a/b-c/d_e:1", plainHTTP: true}, updatePolicy: Poll, pollInterval: 10s`,
    `oci: {reference: "docker.io/checkout@${digest}", pullSecretRef: {name: registry}}, updatePolicy: Pinned`,
    `oci: {reference: "10.0.0.7:5000/checkout:1@${digest}"}`,
    `oci: {reference: "r.example.com/a:1"}, verification: {publicKeySecretRef: {name: signer}}`,
    `oci: {reference: "r.example.com/a:1"}, verification: {publicKeySecretRef: {name: signer, key: team.pub}}`,
    `http: {url: "https://modules.example.com/checkout.wasm?version=1", digest: "${digest}"}`,
    `http: {url: "http://modules:8080", digest: "${digest}"}`,
  ])("takes the module source %s", async (source) => {
    const { code } = await check(server, { kind: "EdgeFunction", spec: `module: {${source}}` });
    expect(code).toBe(201);
  });

  test("takes an EdgeFunction with every field", async () => {
    const spec = `
      placement: Cluster
      suspend: true
      serviceRef: {name: checkout, port: {name: http}}
      module: {abi: WasiCommand, configMapKeyRef: {name: checkout-module, key: module.wasm}}
      edgeTargetRef: {name: default}
      env:
        - {name: LOG_LEVEL, value: debug}
        - {name: EMPTY, value: ""}
        - {name: KEY, valueFrom: {secretKeyRef: {name: keys, key: key}}}
        - {name: MODE, valueFrom: {configMapKeyRef: {name: modes, key: mode, optional: true}}}
      egress: {allow: [{host: "*.example.com", port: 443}, {host: orders.shop.svc, port: 8080}, {host: 10.0.0.7, port: 80}]}
      limits: {requestTimeout: 1m30s}
      assessment: {ignore: [Volumes, GRPC, StrictMesh]}
      offload: {drainPeriod: 1h30m15s500ms}`;
    const { code, object } = await check(server, { kind: "EdgeFunction", spec });
    expect({ code, spec: object.spec }).toEqual({
      code: 201,
      spec: {
        ...parse(goodSpecs.EdgeFunction),
        ...parse(spec),
        edgeTargetRef: { kind: "EdgeTarget", name: "default" },
      },
    });
  });

  test.each(["EdgeTarget", "ClusterEdgeTarget"] as const)(
    "fills in the defaults of the smallest %s",
    async (kind) => {
      const { code, object } = await check(server, { kind, spec: "{}" });
      expect({ code, spec: object.spec }).toEqual({
        code: 201,
        spec: {
          workerd: {
            replicas: 2,
            resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
          },
        },
      });
    },
  );

  test("takes quantities as numbers and as strings", async () => {
    const spec =
      "workerd: {replicas: 1, resources: {requests: {cpu: 1, memory: 1.5Gi}}, runtimeClassName: gvisor}";
    expect(await check(server, { kind: "EdgeTarget", spec })).toMatchObject({ code: 201 });
  });

  test("keeps workloadRef and the saved scale while the Deployment is away", async () => {
    const patch = (spec: object) => server.merge("edgefunctions", "away", { spec });
    const patchStatus = (status: object) => server.merge("edgefunctions", "away", { status }, "status");
    await server.create("edgefunctions", manifest(server.apiVersion, "EdgeFunction", "{}", "away"), {
      dryRun: false,
    });
    await patchStatus({
      savedScale: { replicas: 3, recordTime: "2026-11-24T10:00:00Z", deploymentUID: "d1" },
    });

    const renamed = await patch({ workloadRef: { name: "cart" } });
    expect(renamed.code).toBe(422);
    expect(renamed.message).toContain(
      "spec.workloadRef: Forbidden: may not change while the Deployment checkout is away or on its way: set spec.placement to Cluster",
    );
    const lowered = await patchStatus({ savedScale: { replicas: 0 } });
    expect(lowered.code).toBe(422);
    expect(lowered.message).toContain(
      "status.savedScale.replicas: Forbidden: may not be lowered while the Deployment is away",
    );
    expect(await patch({ placement: "Cluster" })).toMatchObject({ code: 200 });

    await patchStatus({ savedScale: null });
    expect(await patch({ workloadRef: { name: "cart" } })).toMatchObject({ code: 200 });
  });
});
