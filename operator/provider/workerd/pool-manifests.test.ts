import { expect, it } from "vitest";
import { poolDeployment } from "./pool-manifests.ts";

it("keeps what may hold values from Secrets off the disk", () => {
  const owner = { apiVersion: "v1", kind: "ConfigMap", name: "ebb-pool", uid: "1" };
  const settings = { namespace: "shop", image: "edge:1", certificate: "1", owner };
  const { spec } = poolDeployment({ ...settings, spec: { replicas: 2, resources: {} } }).spec.template;
  const state = spec.containers[0]?.volumeMounts?.find(({ mountPath }) => mountPath === "/state");
  expect(spec.volumes?.find(({ name }) => name === state?.name)).toMatchObject({
    emptyDir: { medium: "Memory" },
  });
});

it("starts a process anew within 20 seconds of its stall", () => {
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
  expect(periodSeconds * failureThreshold + timeoutSeconds + ending).toBeLessThanOrEqual(20);
});
