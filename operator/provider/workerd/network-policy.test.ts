import { expect, it } from "vitest";
import { poolNetworkPolicy } from "./network-policy.ts";

const owner = { apiVersion: "v1", kind: "ConfigMap", name: "ebb-pool", uid: "1" };
const settings = { operatorNamespace: "ebb-system", callers: [] };
const egressOf = (...ports: readonly number[]) =>
  poolNetworkPolicy({ namespace: "shop", owner }, settings, ports).spec;

it("lets a pool out nowhere while no function names a server", () => {
  expect(egressOf()).toMatchObject({ policyTypes: ["Ingress", "Egress"] });
  expect(egressOf()?.egress).toBeUndefined();
});

it("lets a pool out to name servers and to the ports that its functions name", () => {
  const rules = egressOf(443, 8080)?.egress ?? [];
  const ports = rules.flatMap((rule) =>
    (rule.ports ?? []).map(({ protocol, port }) => `${protocol} ${port}`),
  );
  expect(ports).toEqual(expect.arrayContaining(["UDP 53", "TCP 53", "TCP 443", "TCP 8080"]));
  expect(ports).not.toContain("TCP 80");
});
