import { expect, it } from "vitest";
import { poolDeployment } from "./pool-manifests.ts";

it("starts a process anew within 15 seconds of its stall", () => {
  const owner = { apiVersion: "v1", kind: "ConfigMap", name: "ebb-pool", uid: "1" };
  const spec = { replicas: 2, resources: {} };
  const { template } = poolDeployment({
    namespace: "shop",
    image: "edge:1",
    spec,
    certificate: "1",
    owner,
  }).spec;
  const probe = template.spec.containers[0]?.livenessProbe;
  const { periodSeconds = 10, failureThreshold = 3, timeoutSeconds = 1 } = probe ?? {};
  // The kubelet gives every process two seconds to end, also when its grace is shorter.
  const ending = Math.max(2, probe?.terminationGracePeriodSeconds ?? 30) + 1;
  expect(periodSeconds * failureThreshold + timeoutSeconds + ending).toBeLessThanOrEqual(15);
});
