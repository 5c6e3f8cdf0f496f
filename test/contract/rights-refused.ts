/** What the operator's account cannot do: each is a write that an administrator may make. */
import { deploymentOf, networkPolicyOf, targetOf } from "./rights-fixtures.ts";
import {
  addCondition,
  annotated,
  at,
  budget,
  clusterTarget,
  create,
  deployment,
  ebbLabels,
  fn,
  labelled,
  made,
  type Make,
  merge,
  metadata,
  networkPolicy,
  newSlice,
  port,
  remove,
  slice,
  target,
  template,
} from "./rights-writes.ts";

/** The message is what the refusal says. */
type Case = readonly [title: string, make: Make, message: string];

const gatewayOnly = "The operator may change gateway pods only.";
const podAnnotations = "Of a pod the operator may change annotations that begin with ebb.dev/ only.";
const podCondition = "Of a pod's status the operator may change the condition ebb.dev/in-slices only.";
export const refusedOfPods: readonly Case[] = [
  ["annotate a user's pod", merge(at("pods/checkout"), annotated("ebb.dev/touch")), gatewayOnly],
  ["set the gate of a user's pod", addCondition("pods/checkout/status", "ebb.dev/in-slices"), gatewayOnly],
  ["change a gateway pod's labels", merge(at("pods/ebb-gateway-0"), labelled("app")), podAnnotations],
  ["write another annotation", merge(at("pods/ebb-gateway-0"), annotated("example.com/a")), podAnnotations],
  ["add a finalizer", merge(at("pods/ebb-gateway-0"), metadata({ finalizers: ["a.dev/b"] })), podAnnotations],
  [
    "change a gateway pod's spec",
    merge(at("pods/ebb-gateway-0"), { spec: { activeDeadlineSeconds: 9 } }),
    podAnnotations,
  ],
  ["set another condition", addCondition("pods/ebb-gateway-0/status", "example.com/a"), podCondition],
  [
    "set a pod's phase",
    merge(at("pods/ebb-gateway-0/status"), { status: { phase: "Failed" } }),
    podCondition,
  ],
  [
    "annotate through the status",
    merge(at("pods/ebb-gateway-0/status"), annotated("ebb.dev/touch")),
    "The operator may not annotate a pod through its status.",
  ],
  ["delete a pod", remove(at("pods/ebb-gateway-0")), "The operator may only annotate pods"],
];

const deploymentAnnotations = "Of a Deployment that is not Ebb's the operator may change annotations";
const ownDeployments = "may make and delete Deployments only whose name begins with ebb-";
const ownAccount = "Ebb's own pods run with their own service account and without its token.";
const noReach = "Ebb's own pods reach neither the node nor Secrets other than ebb-pool-tls.";
const volume = (source: object): object => template({ volumes: [{ name: "added", ...source }] });
const appContainer = (fields: object): object => template({ containers: [{ name: "app", ...fields }] });
const strategic = (make: Make): Make => {
  return (places) => ({ ...make(places), type: "application/strategic-merge-patch+json" });
};
export const refusedOfDeployments: readonly Case[] = [
  [
    "scale past the scale subresource",
    merge(deployment("/checkout"), { spec: { replicas: 2 } }),
    deploymentAnnotations,
  ],
  [
    "change a user's template",
    merge(deployment("/checkout"), template({ hostname: "x" })),
    deploymentAnnotations,
  ],
  [
    "pause a user's rollout",
    merge(deployment("/checkout"), { spec: { paused: true } }),
    deploymentAnnotations,
  ],
  ["change a user's labels", merge(deployment("/checkout"), labelled("app")), deploymentAnnotations],
  [
    "take a user's Deployment for its own",
    merge(deployment("/checkout"), metadata({ labels: { "app.kubernetes.io/managed-by": "ebb" } })),
    deploymentAnnotations,
  ],
  [
    "write another annotation",
    merge(deployment("/checkout"), annotated("example.com/team")),
    deploymentAnnotations,
  ],
  [
    "remove a user's annotation",
    merge(deployment("/checkout"), metadata({ annotations: { "example.com/team": null } })),
    deploymentAnnotations,
  ],
  ["delete a user's Deployment", remove(deployment("/checkout")), ownDeployments],
  [
    "make a Deployment",
    create(deployment(""), ({ namespace }) => deploymentOf(namespace, "made")),
    ownDeployments,
  ],
  [
    "write a Deployment's status",
    merge(deployment("/checkout/status"), { status: { observedGeneration: 9 } }),
    "Of a Deployment the operator may change the annotations and, through its scale, the replicas only.",
  ],
  [
    "run as another account",
    merge(deployment("/ebb-rights"), template({ serviceAccountName: "x" })),
    ownAccount,
  ],
  [
    "mount its account's token",
    merge(deployment("/ebb-rights"), template({ automountServiceAccountToken: true })),
    ownAccount,
  ],
  [
    "mount a user's Secret",
    merge(deployment("/ebb-rights"), volume({ secret: { secretName: "checkout" } })),
    noReach,
  ],
  ["mount the node's files", merge(deployment("/ebb-rights"), volume({ hostPath: { path: "/" } })), noReach],
  ["use the node's network", merge(deployment("/ebb-rights"), template({ hostNetwork: true })), noReach],
  [
    "read a user's Secret in a variable",
    strategic(
      merge(
        deployment("/ebb-rights"),
        appContainer({ env: [{ name: "A", valueFrom: { secretKeyRef: { name: "checkout", key: "key" } } }] }),
      ),
    ),
    noReach,
  ],
  [
    "run a privileged container",
    strategic(merge(deployment("/ebb-rights"), appContainer({ securityContext: { privileged: true } }))),
    noReach,
  ],
];

const ownObjects = "write and delete only objects whose name begins with ebb-";
const ownPods = "The operator's NetworkPolicies select pods of gateways or pools only.";
const ownSecrets =
  "The operator may write the Secrets ebb-pool-tls, ebb-pool-env and ebb-ca only, of type Opaque.";
export const refusedOfOthers: readonly Case[] = [
  ...["services", "configmaps", "serviceaccounts", "secrets"].flatMap((kind): Case[] => [
    [`delete one of a user's ${kind}`, remove(at(`${kind}/checkout`)), ownObjects],
    [`change one of a user's ${kind}`, merge(at(`${kind}/checkout`), annotated("ebb.dev/a")), ownObjects],
    [
      `take one of a user's ${kind} for its own`,
      merge(at(`${kind}/checkout`), metadata(ebbLabels)),
      ownObjects,
    ],
  ]),
  ["delete a user's budget", remove(budget("/checkout")), ownObjects],
  ["change a user's budget", merge(budget("/checkout"), { spec: { minAvailable: 2 } }), ownObjects],
  ["delete a user's NetworkPolicy", remove(networkPolicy("/checkout")), ownObjects],
  ["open a user's NetworkPolicy", merge(networkPolicy("/checkout"), { spec: { ingress: [{}] } }), ownObjects],
  [
    "cut off a user's pods",
    create(networkPolicy(""), ({ namespace }) => networkPolicyOf(namespace, "ebb-made", { app: "checkout" })),
    ownPods,
  ],
  [
    "cut off every pod",
    merge(networkPolicy("/ebb-rights"), { spec: { podSelector: { matchLabels: null } } }),
    ownPods,
  ],
  ["make a Service", create(at("services"), () => made("Service", port)), ownObjects],
  ["make a ConfigMap", create(at("configmaps"), () => made("ConfigMap")), ownObjects],
  [
    "draw the token of an account",
    create(at("serviceaccounts/checkout/token"), () => ({ spec: {} })),
    "The operator may not use this subresource.",
  ],
  [
    "make a Secret that gets an account's token",
    create(at("secrets"), () =>
      made("Secret", {
        metadata: {
          name: "ebb-ca",
          ...ebbLabels,
          annotations: { "kubernetes.io/service-account.name": "checkout" },
        },
        type: "kubernetes.io/service-account-token",
      }),
    ),
    ownSecrets,
  ],
  [
    "make a Secret of another name",
    create(at("secrets"), () => made("Secret", { metadata: { name: "ebb-other", ...ebbLabels } })),
    ownSecrets,
  ],
];

const ownSlices = "only EndpointSlices labelled endpointslice.kubernetes.io/managed-by=ebb.dev";
const pointsToOwner = "Every endpoint of the operator's EndpointSlices is the pod that owns the slice.";
export const refusedOfSlices: readonly Case[] = [
  ["relabel a user's slice", merge(slice("/checkout"), sliceLabel("ebb.dev")), ownSlices],
  ["change a user's slice", merge(slice("/checkout"), { endpoints: [] }), ownSlices],
  ["delete a user's slice", remove(slice("/checkout")), ownSlices],
  ["let go of its own slice", merge(slice("/ebb-slice"), sliceLabel("a-user")), ownSlices],
  [
    "move its slice to another Service",
    merge(slice("/ebb-slice"), labelled("kubernetes.io/service-name")),
    "Neither the labels nor the owner of an EndpointSlice may change.",
  ],
  ["make a slice of another manager", create(slice(""), newSlice({ manager: "a-user" })), ownSlices],
  [
    "make a slice of a pod that is no gateway's",
    create(slice(""), newSlice({ podName: "checkout" })),
    "are owned by one pod of a gateway",
  ],
  [
    "make a slice without an owner",
    create(slice(""), newSlice({ owners: [] })),
    "are owned by one pod of a gateway",
  ],
  [
    "point to an address that is no pod's",
    create(slice(""), newSlice({ endpoint: { addresses: ["203.0.113.1"], targetRef: undefined } })),
    pointsToOwner,
  ],
  [
    "point to another pod",
    create(slice(""), newSlice({ endpoint: { targetRef: { kind: "Pod", name: "other", uid: "another" } } })),
    pointsToOwner,
  ],
  [
    "add an address that is no pod's",
    merge(slice("/ebb-slice"), { endpoints: [{ addresses: ["203.0.113.1"] }] }),
    pointsToOwner,
  ],
];

function sliceLabel(manager: string): object {
  return metadata({ labels: { "endpointslice.kubernetes.io/managed-by": manager } });
}

const functionFields = "Of an EdgeFunction the operator may change the status";
const noFunctions = "The operator neither makes nor deletes EdgeFunctions.";
export const refusedOfFunctions: readonly Case[] = [
  ["change its spec", merge(fn("/checkout"), { spec: { placement: "Cluster" } }), functionFields],
  ["change its labels", merge(fn("/checkout"), labelled("app")), functionFields],
  ["write another annotation", merge(fn("/checkout"), annotated("example.com/a")), functionFields],
  ["take another's finalizer", merge(fn("/checkout"), metadata({ finalizers: null })), functionFields],
  ["delete it", remove(fn("/checkout")), noFunctions],
];

const noTargets = "The operator makes no edge targets but ClusterEdgeTarget default, and deletes none.";
const targetFields = "Of an edge target the operator may change the status only.";
export const refusedOfTargets: readonly Case[] = [
  ["make an EdgeTarget", create(target(""), targetOf("EdgeTarget", "made")), noTargets],
  [
    "make another ClusterEdgeTarget",
    create(clusterTarget(""), targetOf("ClusterEdgeTarget", "made")),
    noTargets,
  ],
  ["delete one", remove(target("/checkout")), noTargets],
  ["change its spec", merge(target("/checkout"), { spec: { workerd: { replicas: 9 } } }), targetFields],
  ["annotate it", merge(target("/checkout"), annotated("ebb.dev/a")), targetFields],
];
