import { expect, test } from "vitest";
import { resolveCluster } from "./cluster.ts";

test("uses an existing cluster only with an explicit context", async () => {
  const env = { EBB_CLUSTER: "kubeconfig", KUBECONFIG: "/somewhere/kubeconfig" };
  await expect(resolveCluster(env)).rejects.toThrow("set EBB_CONTEXT to the context in your kubeconfig");
});
