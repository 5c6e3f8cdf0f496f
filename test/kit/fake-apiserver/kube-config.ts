/** The KubeConfig that leads to a fake API server. */
import { KubeConfig } from "@kubernetes/client-node";
import type { FakeApiServer } from "./fake-api-server.ts";

/** token tells clients apart in hooks and changes. */
export function kubeConfigOf(server: FakeApiServer, token?: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig(token));
  return kubeConfig;
}
