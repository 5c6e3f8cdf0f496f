/**
 * What the operator's account cannot do, even if every role allowed it everything, and what it still can. Each write that
 * is refused here is one that an administrator may make.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { deploymentOf, networkPolicyOf, targetOf } from "./rights-fixtures.ts";
import {
  refusedOfDeployments,
  refusedOfFunctions,
  refusedOfOthers,
  refusedOfPods,
  refusedOfSlices,
  refusedOfTargets,
} from "./rights-refused.ts";
import { type RightsServer, startRightsServer, untilHeld } from "./rights-server.ts";
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
} from "./rights-writes.ts";

let server: RightsServer;

beforeAll(async () => {
  server = await startRightsServer();
  const first = [
    refusedOfPods,
    refusedOfDeployments,
    refusedOfOthers,
    refusedOfSlices,
    refusedOfFunctions,
    refusedOfTargets,
  ];
  const attempts = first.map(([row]) => row?.[1](server.places)).filter((attempt) => attempt !== undefined);
  await untilHeld(server, attempts);
  return () => server.stop();
});

describe.each([
  ["pods", refusedOfPods],
  ["Deployments", refusedOfDeployments],
  ["other objects", refusedOfOthers],
  ["EndpointSlices", refusedOfSlices],
  ["EdgeFunctions", refusedOfFunctions],
  ["edge targets", refusedOfTargets],
])("of %s the operator cannot", (_kind, cases) => {
  test.each(cases)("%s", async (_title, make, message) => {
    const attempt = make(server.places);
    expect(await server.asAdmin(attempt)).toMatchObject({ message: "" });
    expect((await server.asOperator(attempt)).message).toContain(message);
  });
});

const allowed: readonly (readonly [string, Make])[] = [
  ["touch a gateway pod", merge(at("pods/ebb-gateway-0"), annotated("ebb.dev/touch"))],
  ["set a gateway pod's gate", addCondition("pods/ebb-gateway-0/status", "ebb.dev/in-slices")],
  [
    "record the scale on a user's Deployment",
    merge(deployment("/checkout"), annotated("ebb.dev/saved-scale")),
  ],
  ["scale a user's Deployment", merge(deployment("/checkout/scale"), { spec: { replicas: 1 } })],
  [
    "make a Deployment of its own",
    create(deployment(""), ({ namespace }) => deploymentOf(namespace, "ebb-made")),
  ],
  ["change a Deployment of its own", merge(deployment("/ebb-rights"), { spec: { replicas: 1 } })],
  ["delete a Deployment of its own", remove(deployment("/ebb-rights"))],
  ...["services", "configmaps", "serviceaccounts"].flatMap((kind): (readonly [string, Make])[] => [
    [`change one of its own ${kind}`, merge(at(`${kind}/ebb-rights`), annotated("ebb.dev/a"))],
    [`delete one of its own ${kind}`, remove(at(`${kind}/ebb-rights`))],
  ]),
  [
    "make a Service of its own",
    create(at("services"), () => made("Service", { ...port, metadata: { name: "ebb-made", ...ebbLabels } })),
  ],
  [
    "write what modules get from Secrets",
    create(at("secrets"), () => made("Secret", { metadata: { name: "ebb-pool-env", ...ebbLabels } })),
  ],
  ["renew the pool's certificate", merge(at("secrets/ebb-pool-tls"), { data: { key: "dmFsdWU=" } })],
  ["change a budget of its own", merge(budget("/ebb-rights"), { spec: { minAvailable: 2 } })],
  ["delete a budget of its own", remove(budget("/ebb-rights"))],
  [
    "let its own pods be reached",
    create(networkPolicy(""), ({ namespace }) =>
      networkPolicyOf(namespace, "ebb-made", { "ebb.dev/component": "pool" }),
    ),
  ],
  ["delete a NetworkPolicy of its own", remove(networkPolicy("/ebb-rights"))],
  ["make the default target", create(clusterTarget(""), targetOf("ClusterEdgeTarget", "default"))],
  ["write a target's status", merge(target("/checkout/status"), { status: { functions: 1 } })],
  ["make a slice that points to its pod", create(slice(""), newSlice({}))],
  ["empty a slice of its own", merge(slice("/ebb-slice"), { endpoints: [] })],
  ["delete a slice of its own", remove(slice("/ebb-slice"))],
  [
    "hold an EdgeFunction by its finalizer",
    merge(fn("/checkout"), metadata({ finalizers: ["example.com/audit", "ebb.dev/restore"] })),
  ],
  ["annotate an EdgeFunction", merge(fn("/checkout"), annotated("ebb.dev/foreign-scale"))],
  ["write an EdgeFunction's status", merge(fn("/checkout/status"), { status: { phase: "Offloaded" } })],
];

test.each(allowed)("the operator can %s", async (_title, make) => {
  expect(await server.asOperator(make(server.places))).toMatchObject({ message: "" });
});
