/** What kubectl shows of Ebb's kinds. */
import { beforeAll, describe, expect, test } from "vitest";
import { type RealCrdServer, startRealCrdServer } from "./crd-servers.ts";
import { manifest } from "./manifest.ts";

describe("kubectl on the real API server", () => {
  let server: RealCrdServer;
  beforeAll(async () => {
    server = await startRealCrdServer();
    return () => server.stop();
  });

  test("explain ef.spec reads like documentation", async () => {
    const text = (await server.explain("ef.spec")).replaceAll(/\s+/g, " ");
    expect(text).toContain("What should run at the edge, and in the place of which Deployment.");
    expect(text).toContain("placement <string> enum: Edge, Cluster Where the traffic should be served.");
    expect(text).toContain("workloadRef <Object> -required- The Deployment whose place the module takes");
    expect(text).toContain("suspend <boolean> When true, Ebb starts no transition");
    expect(text).not.toContain("<no description>");
  });

  test.each(["et.spec.workerd", "cet.spec.workerd"])("explain %s names its defaults", async (path) => {
    const text = (await server.explain(path)).replaceAll(/\s+/g, " ");
    expect(text).toContain("replicas <integer> Pods of the pool in each namespace. The default is 2.");
  });

  test("get prints the phase, the target, the share, whether it is ready and why", async () => {
    await server.create("edgefunctions", manifest(server.apiVersion, "EdgeFunction", "{}", "shown"), {
      dryRun: false,
    });
    const status = {
      phase: "Offloaded",
      edge: { target: "ClusterEdgeTarget/default" },
      traffic: { edgePercent: 100 },
      module: { digest: `sha256:${"ab".repeat(32)}`, abi: "WasiCommand", size: 8 },
      savedScale: { replicas: 3, recordTime: "2026-11-24T10:00:00Z", deploymentUID: "d1" },
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "ScaledToZero",
          message: "The edge serves.",
          lastTransitionTime: "2026-11-24T10:00:00Z",
        },
      ],
    };
    await server.merge("edgefunctions", "shown", { status }, "status");
    const plural = `edgefunctions.${server.apiVersion.split("/")[0]}`;
    const [header, row] = (await server.table(plural)).split("\n").map((line) => line.split(/ {2,}/));
    expect(header).toEqual(["NAME", "PHASE", "TARGET", "SHARE", "READY", "REASON", "AGE"]);
    expect(row?.slice(0, 6)).toEqual([
      "shown",
      "Offloaded",
      "ClusterEdgeTarget/default",
      "100",
      "True",
      "ScaledToZero",
    ]);
    const wide = await server.table(plural, "--output=wide");
    expect(wide.split("\n")[0]).toMatch(/AGE +DIGEST +SAVED +MESSAGE$/);
    expect(wide).toMatch(/sha256:(ab){32} +3 +The edge serves\./);
  });
});
