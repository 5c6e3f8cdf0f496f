import { afterEach, beforeEach, expect, it } from "vitest";
import { kubeConfigOf } from "../test/kit/fake-apiserver/kube-config.ts";
import { loadCustomKinds } from "../test/kit/fake-apiserver/custom-kinds.ts";
import { type FakeApiServer, startFakeApiServer } from "../test/kit/fake-apiserver/fake-api-server.ts";
import { systemClock } from "./api/system-clock.ts";
import { finalizer } from "./api/v1alpha1/names.ts";
import { ejectAll } from "./eject.ts";
import { ApiCaller } from "./kube/api-caller.ts";
import { Connection } from "./kube/connection.ts";
import { edgeFunctions } from "./kube/edge-objects.ts";
import { HttpKubeClient } from "./kube/http-client.ts";

let server: FakeApiServer;
let connection: Connection;
let lines: string[];

beforeEach(async () => {
  server = await startFakeApiServer({ customKinds: loadCustomKinds() });
  connection = new Connection({ kubeConfig: kubeConfigOf(server, "eject"), clock: systemClock });
  lines = [];
});

afterEach(async () => {
  await connection.close();
  await server.stop();
});

const ref = { namespace: "shop", name: "checkout" };

function putFunction(finalizers: readonly string[]): void {
  server.put(edgeFunctions, {
    metadata: { ...ref, finalizers },
    spec: {
      placement: "Edge",
      suspend: false,
      workloadRef: { name: "web" },
      module: { abi: "Auto", configMapKeyRef: { name: "m", key: "k" } },
      offload: { drainPeriod: "5s" },
    },
  });
}

function eject(timeoutMs: number): Promise<boolean> {
  const client = new HttpKubeClient({ caller: new ApiCaller({ connection, clock: systemClock }) });
  return ejectAll({
    client,
    clock: systemClock,
    namespace: "ebb-system",
    timeoutMs,
    print: (line) => lines.push(line),
  });
}

it("prints each function so that it can be applied again, and returns when all are gone", async () => {
  putFunction([]);
  expect(await eject(5000)).toBe(true);
  expect(server.read(edgeFunctions, ref)).toBeUndefined();
  const text = lines.join("\n");
  expect(text).toMatch(/kind: EdgeFunction\nmetadata:\n {2}name: checkout\n {2}namespace: shop\nspec:/);
  expect(text).not.toMatch(/resourceVersion|uid/);
  expect(lines.at(-1)).toBe("Every workload is back in the cluster.");
});

it("fails after its time with the commands that restore by hand, in an order that loses nothing", async () => {
  putFunction([finalizer]);
  server.change(
    edgeFunctions,
    ref,
    (fn) => ({
      ...fn,
      status: { savedScale: { replicas: 3, recordTime: "2026-01-01T00:00:00Z", deploymentUID: "d" } },
    }),
    { subresource: "status" },
  );
  expect(await eject(0)).toBe(false);
  const commands = lines.join("\n").match(/^kubectl .*$/gm) ?? [];
  expect(commands.map((command) => command.replace(/^kubectl --namespace=shop (\w+).*$/, "$1"))).toEqual([
    "scale",
    "rollout",
    "delete",
    "annotate",
    "patch",
  ]);
  expect(commands[0]).toContain("deployment/web --replicas=3");
});

it("takes a cluster without the kind for one without functions", async () => {
  await server.stop();
  server = await startFakeApiServer();
  await connection.close();
  connection = new Connection({ kubeConfig: kubeConfigOf(server, "eject"), clock: systemClock });
  expect(await eject(0)).toBe(true);
});
