import { expect, test } from "vitest";
import { withoutFirewall } from "./network-policies.ts";

test("the firewall's chains go, the others stay", () => {
  const rules = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-ROUTER-INPUT - [0:0]
:KUBE-POD-FW-725L - [0:0]
-A INPUT -m comment --comment "netpol" -j KUBE-ROUTER-INPUT
-A FORWARD -j KUBE-FORWARD
-A KUBE-ROUTER-INPUT -s 10.244.0.2/32 -j KUBE-POD-FW-725L
COMMIT
`;
  expect(withoutFirewall(rules)).toBe(`*filter
-D INPUT -m comment --comment "netpol" -j KUBE-ROUTER-INPUT
-F KUBE-ROUTER-INPUT
-F KUBE-POD-FW-725L
-X KUBE-ROUTER-INPUT
-X KUBE-POD-FW-725L
COMMIT
`);
});
