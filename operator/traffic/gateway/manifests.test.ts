import { expect, it } from "vitest";
import { gatewayObjects } from "./manifests.ts";
import { renderConfig } from "./render-config.ts";

const config = { metadata: { name: "ebb-gateway", namespace: "shop", uid: "u-1" }, data: renderConfig([]) };
const pod = (uid: string, data = config.data) => {
  const { deployment } = gatewayObjects(
    { ...config, metadata: { ...config.metadata, uid }, data },
    "gateway:1",
  );
  return deployment.spec.template;
};

it("meets the restricted Pod Security standard", () => {
  const { spec } = pod("u-1");
  expect(spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  });
  for (const { securityContext } of spec.containers) {
    expect(securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  }
  expect(Object.keys(spec.volumes?.[0] ?? {})).toEqual(["name", "configMap"]);
  expect(spec.automountServiceAccountToken).toBe(false);
});

it("gives every gateway a drain token of its own, the same in its environment and its hook", () => {
  const token = (uid: string) => pod(uid).spec.containers[0]?.env?.[0]?.value;
  const hook = pod("u-1").spec.containers[0]?.lifecycle?.preStop?.httpGet;
  expect(hook?.httpHeaders).toEqual([{ name: "x-ebb-drain", value: token("u-1") }]);
  expect(token("u-1")).not.toBe(token("u-2"));
});

it("lets a pod go on for longer than it drains", () => {
  const { spec } = pod("u-1");
  const args = spec.containers[0]?.args ?? [];
  const drain = Number(args[args.indexOf("--drain-time-s") + 1]);
  const hold = Number(/"fixed_delay":"(\d+)s"/.exec(config.data["bootstrap.json"] ?? "")?.[1]);
  expect(hold).toBeGreaterThan(drain);
  expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(hold);
});

it("has other pods for another bootstrap, and the same for other functions", () => {
  expect(pod("u-1", { ...config.data, "bootstrap.json": "{}" })).not.toEqual(pod("u-1"));
  expect(pod("u-1", { ...config.data, "lds.json": "{}" })).toEqual(pod("u-1"));
});
