/**
 * The contract suites are about API server, chart and binaries. An operator that a demo has left on the cluster would
 * write to their objects.
 */
import { removeEbb, testCluster } from "../e2e/harness/test-cluster.ts";

export default async function setup(): Promise<void> {
  await removeEbb(await testCluster());
}
