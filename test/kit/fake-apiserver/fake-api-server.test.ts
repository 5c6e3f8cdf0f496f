import { KubeConfig } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configMaps } from "../../../operator/kube/objects.ts";
import { loadCustomKinds } from "./custom-kinds.ts";
import { startFakeApiServer, type FakeApiServer } from "./fake-api-server.ts";
import { describeApiServer } from "./suite/describe-api-server.ts";

const customKinds = loadCustomKinds();

function configOf(server: FakeApiServer): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig());
  return kubeConfig;
}

describeApiServer("the fake API server", async () => {
  const server = await startFakeApiServer({ customKinds });
  return { kubeConfig: configOf(server), compact: server.compact, stop: server.stop };
});
