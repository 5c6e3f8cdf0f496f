import { expect, it } from "vitest";
import { policy, sound } from "../../../test/kit/assessment/surroundings.ts";
import type { NetworkPolicy } from "../../kube/policy-objects.ts";
import { judge } from "./finding.ts";
import { factsOf } from "./rules.ts";
import type { Surroundings } from "./surroundings.ts";

const denyAll = policy("deny-all", { podSelector: {}, policyTypes: ["Ingress", "Egress"] });

const gateway = { matchLabels: { "ebb.dev/component": "gateway" } };
const pool = { matchLabels: { "ebb.dev/component": "pool" } };
const operator = {
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ebb-system" } },
  podSelector: { matchLabels: { "app.kubernetes.io/name": "ebb-operator" } },
};

/** As docs/guides/rights.md shows them. */
const forGateway = policy("ebb-gateway", {
  podSelector: gateway,
  policyTypes: ["Ingress", "Egress"],
  ingress: [
    { ports: [{ port: 20_000, endPort: 32_767, protocol: "TCP" }] },
    { ports: [{ port: 9902 }], from: [operator] },
  ],
  egress: [
    {
      ports: [
        { port: 53, protocol: "UDP" },
        { port: 53, protocol: "TCP" },
      ],
    },
    { to: [{ podSelector: {} }] },
  ],
});
const forPool = policy("ebb-pool", {
  podSelector: pool,
  policyTypes: ["Ingress", "Egress"],
  ingress: [
    { ports: [{ port: 8080 }], from: [{ podSelector: gateway }] },
    { ports: [{ port: "admin" }], from: [operator] },
  ],
});
const forWorkload = policy("from-gateway", {
  podSelector: { matchLabels: { app: "checkout" } },
  policyTypes: ["Ingress"],
  ingress: [{ from: [{ podSelector: gateway }], ports: [{ port: "web" }] }],
});
const opened = [denyAll, forGateway, forPool, forWorkload];

const messages = (networkPolicies: readonly NetworkPolicy[], seen: Surroundings = sound): string[] =>
  judge(factsOf({ ...seen, networkPolicies }), new Set()).map(
    ({ code, path, message }) => `${code} ${path} ${message.split(". ")[0]}`,
  );

it("tells all that a default-deny policy closes, in one finding", () => {
  expect(messages([denyAll])).toEqual([
    'NetworkPolicy NetworkPolicy/deny-all .spec.podSelector NetworkPolicy "deny-all" keeps ' +
      "callers from the gateway (ports from 20000), the operator from the gateway (port 9902), " +
      "the gateway from DNS (port 53), the gateway from the pool (port 8080), " +
      'the operator from the pool (port 8081), the gateway from Deployment "checkout" (port 8080)',
  ]);
});

it("finds nothing where others open the ways", () => {
  expect(messages(opened)).toEqual([]);
});

it.each<[string, NetworkPolicy, RegExp]>([
  ["no way to the pool", forPool, /the gateway from the pool \(port 8080\), the operator from the pool/],
  ["no way to the workload", forWorkload, /keeps the gateway from Deployment "checkout" \(port 8080\)$/],
])("says so with %s", (_title, missing, says) => {
  expect(messages(opened.filter((each) => each !== missing))).toEqual([expect.stringMatching(says)]);
});

it("looks only at the workload where Ebb makes the policies of its own pods", () => {
  const seen = { ...sound, operator: { ...sound.operator, makesPolicies: true } };
  expect(messages([denyAll, forWorkload], seen)).toEqual([]);
  expect(messages([denyAll], seen)).toEqual([
    expect.stringMatching(/keeps the gateway from Deployment "checkout" \(port 8080\)$/),
  ]);
});

it("asks for a way out of the cluster, and for none to a pool, where the edge is public", () => {
  const seen = { ...sound, pool: undefined };
  const [told] = messages([denyAll], seen);
  expect(told).toMatch(
    /the gateway from DNS \(port 53\), the gateway from the edge \(port 443\), the gateway/,
  );
  expect(told).not.toMatch(/pool/);
  expect(messages(opened, seen)).toEqual([
    expect.stringMatching(/keeps the gateway from the edge \(port 443\)$/),
  ]);
  const out = policy("out", {
    podSelector: gateway,
    policyTypes: ["Egress"],
    egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: [{ port: 443 }] }],
  });
  expect(messages([...opened, out], seen)).toEqual([]);
});

const ingressOf = (rule: NonNullable<NonNullable<NetworkPolicy["spec"]>["ingress"]>[number]) =>
  policy("some", { podSelector: { matchLabels: { app: "checkout" } }, ingress: [rule] });

it.each<[string, NetworkPolicy, boolean]>([
  ["everybody", ingressOf({}), true],
  ["all pods here", ingressOf({ from: [{ podSelector: {} }] }), true],
  ["all namespaces", ingressOf({ from: [{ namespaceSelector: {} }] }), true],
  [
    "this namespace by name",
    ingressOf({ from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "shop" } } }] }),
    true,
  ],
  [
    "another namespace",
    ingressOf({ from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "web" } } }] }),
    false,
  ],
  ["other pods", ingressOf({ from: [{ podSelector: { matchLabels: { app: "front" } } }] }), false],
  ["addresses, which nobody knows", ingressOf({ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }), true],
  ["another port", ingressOf({ ports: [{ port: 9090 }] }), false],
  ["a range with the port", ingressOf({ ports: [{ port: 8000, endPort: 9000 }] }), true],
  ["the port by name", ingressOf({ ports: [{ port: "web" }] }), true],
  ["the port by UDP", ingressOf({ ports: [{ port: 8080, protocol: "UDP" }] }), false],
])("a policy of the workload that lets in %s", (_title, each, isOpen) => {
  expect(messages([each])).toHaveLength(isOpen ? 0 : 1);
});
