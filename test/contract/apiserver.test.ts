/** The suite that the fake API server passes, against a real one. */
import { fileURLToPath } from "node:url";
import { KubeConfig } from "@kubernetes/client-node";
import { resolveCluster } from "../cluster/cluster.ts";
import { removeEbb, clusterForTests } from "../e2e/harness/test-cluster.ts";
import { describeApiServer } from "../kit/fake-apiserver/suite/describe-api-server.ts";

describeApiServer("a real API server", async () => {
  const cluster = await resolveCluster();
  // One that a demo has left would write to the objects of this suite.
  await removeEbb(await clusterForTests(cluster));
  const crds = fileURLToPath(new URL("../../crds", import.meta.url));
  await cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", crds);
  await cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", crds);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(cluster.kubeconfig);
  kubeConfig.setCurrentContext(cluster.context);
  return { kubeConfig, stop: () => Promise.resolve() };
});
