/** What meshes and the state of Ebb itself say. */
import type { PeerAuthentication } from "../../../operator/kube/policy-objects.ts";
import type { Surroundings } from "../../../operator/workload/assessment/surroundings.ts";
import type { Row } from "./row.ts";
import { inNamespace, sound, withMarks } from "./surroundings.ts";

export const strict = (
  spec: NonNullable<PeerAuthentication["spec"]>,
  namespace = "shop",
): PeerAuthentication => ({
  metadata: { name: "tls", namespace },
  spec,
});
export const injected = { labels: { "istio-injection": "enabled" } };
const inbound = "config.linkerd.io/default-inbound-policy";

export const meshRows: readonly Row[] = [
  [
    "a strict namespace of Istio",
    inNamespace(injected, { peerAuthentications: [strict({ mtls: { mode: "STRICT" } })] }),
    "StrictMesh",
    "PeerAuthentication/tls .spec.mtls.mode",
    /PeerAuthentication "tls" of namespace "shop".*STRICT/,
  ],
  [
    "a strict mesh of Istio",
    inNamespace(
      { labels: { "istio.io/dataplane-mode": "ambient" } },
      { peerAuthentications: [strict({ mtls: { mode: "STRICT" } }, "istio-system")] },
    ),
    "StrictMesh",
    "PeerAuthentication/tls .spec.mtls.mode",
    /namespace "istio-system"/,
  ],
  [
    "a strict port of Istio",
    {
      ...withMarks({ labels: { "sidecar.istio.io/inject": "true" } }),
      peerAuthentications: [
        strict({
          selector: { matchLabels: { app: "checkout" } },
          mtls: { mode: "PERMISSIVE" },
          portLevelMtls: { "8080": { mode: "STRICT" } },
        }),
      ],
    },
    "StrictMesh",
    "PeerAuthentication/tls .spec.portLevelMtls['8080'].mode",
    /STRICT/,
  ],
  [
    "a strict namespace of Linkerd",
    inNamespace({ annotations: { "linkerd.io/inject": "enabled", [inbound]: "all-authenticated" } }),
    "StrictMesh",
    `Namespace/shop .metadata.annotations['${inbound}']`,
    /Linkerd.*all-authenticated/,
  ],
  [
    "strict pods of Linkerd",
    withMarks({ annotations: { "linkerd.io/inject": "enabled", [inbound]: "deny" } }),
    "StrictMesh",
    `Deployment/checkout .spec.template.metadata.annotations['${inbound}']`,
    /deny/,
  ],
];

const refused = (message: string): Surroundings => ({
  ...sound,
  gateway: {
    ...sound.gateway,
    deployment: {
      ...sound.deployment,
      status: { conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message }] },
    },
  },
});

export const ownRows: readonly Row[] = [
  [
    "pods of Ebb's that a quota refuses",
    refused(
      'pods "ebb-gateway-1-" is forbidden: exceeded quota: team, requested: pods=1, used: pods=4, limited: pods=4',
    ),
    "PodsRefused",
    'Deployment/ebb-gateway .status.conditions[?(@.type=="ReplicaFailure")]',
    /ReplicaFailure: exceeded quota: team\. /,
  ],
  [
    "pods of Ebb's that a webhook refuses",
    refused('admission webhook "policy.example.com" denied the request: pod ebb-gateway-1-x is not signed'),
    "PodsRefused",
    'Deployment/ebb-gateway .status.conditions[?(@.type=="ReplicaFailure")]',
    /admission webhook "policy\.example\.com" denied the request\. /,
  ],
  [
    "a kind that may not be read",
    { ...sound, unchecked: ["networkpolicies"] },
    "Unchecked",
    "networkpolicies",
    /no right to networkpolicies/,
  ],
];
