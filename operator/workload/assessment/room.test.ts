import { expect, it } from "vitest";
import { sound } from "../../../test/kit/assessment/surroundings.ts";
import type { LimitRange, LimitRangeItem, Quantities, ResourceQuota } from "../../kube/policy-objects.ts";
import { judge } from "./finding.ts";
import { factsOf } from "./rules.ts";
import type { Surroundings } from "./surroundings.ts";

const quotaOf = (hard: Quantities, used: Quantities = {}, spec: object = {}): ResourceQuota => ({
  metadata: { name: "team" },
  spec: { hard, ...spec },
  status: { hard, used },
});
const rangeOf = (item: Partial<LimitRangeItem>): LimitRange => ({
  metadata: { name: "bounds" },
  spec: { limits: [{ type: "Container", ...item }] },
});
const found = (seen: Partial<Surroundings>): string[] =>
  judge(factsOf({ ...sound, ...seen }), new Set()).map(
    ({ code, path, message }) => `${code} ${path} ${message}`,
  );

// Two pods of each: 4 pods, 300m and 448Mi requested, 2Gi of limits.
it.each<[string, ResourceQuota, RegExp]>([
  ["pods", quotaOf({ pods: "5" }, { pods: "2" }), /4 of pods are needed, of 5 less is left/],
  [
    "CPU",
    quotaOf({ "requests.cpu": "1" }, { "requests.cpu": "800m" }),
    /300m of requests\.cpu are needed, of 1 less/,
  ],
  ["memory", quotaOf({ memory: "400Mi" }), /448Mi of memory are needed, of 400Mi less/],
  ["limits of memory", quotaOf({ "limits.memory": "1Gi" }), /2048Mi of limits\.memory are needed/],
  [
    "limits that the pods do not have",
    quotaOf({ "limits.cpu": "8" }),
    /every container must have limits\.cpu/,
  ],
  [
    "Deployments",
    quotaOf({ "count/deployments.apps": 2 }, { "count/deployments.apps": 1 }),
    /2 of count\/deployments/,
  ],
])("a quota with no room for %s is told", (_title, quota, says) => {
  const all = found({ resourceQuotas: [quota] });
  expect(all).toEqual([expect.stringMatching(says)]);
  expect(all[0]).toMatch(
    /^QuotaTooSmall ResourceQuota\/team \.spec\.hard ResourceQuota "team" has no room for ebb-gateway and ebb-pool/,
  );
});

it("no room is asked for a pool where the function's edge is not in the cluster", () => {
  const quota = quotaOf({ pods: "1" });
  expect(found({ resourceQuotas: [quota], pool: undefined })).toEqual([
    expect.stringMatching(/has no room for ebb-gateway: 2 of pods are needed/),
  ]);
});

it.each<[string, ResourceQuota]>([
  ["room to spare", quotaOf({ pods: "10", "requests.cpu": "1" }, { pods: "2" })],
  ["exactly the room", quotaOf({ pods: "6", "requests.cpu": "300m", "limits.memory": "2Gi" }, { pods: "2" })],
  ["a scope of other pods", quotaOf({ pods: "0" }, {}, { scopes: ["BestEffort"] })],
  [
    "a scope of a priority",
    quotaOf(
      { pods: "0" },
      {},
      {
        scopeSelector: {
          matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }],
        },
      },
    ),
  ],
  ["other things", quotaOf({ persistentvolumeclaims: "0", "requests.nvidia.com/gpu": 0 })],
])("a quota with %s is no finding", (_title, quota) => {
  expect(found({ resourceQuotas: [quota] })).toEqual([]);
});

it("what is used changes nothing in a finding", () => {
  const [some, all] = ["2", "5"].map((pods) => found({ resourceQuotas: [quotaOf({ pods: "5" }, { pods })] }));
  expect(some).toEqual(all);
});

it("the defaults of a LimitRange count", () => {
  const limitRanges = [rangeOf({ default: { cpu: "1" }, defaultRequest: { cpu: "1" } })];
  const resourceQuotas = [quotaOf({ "limits.cpu": "2" })];
  expect(found({ limitRanges, resourceQuotas })).toEqual([
    expect.stringMatching(/4 of limits\.cpu are needed/),
  ]);
  expect(found({ limitRanges, resourceQuotas: [quotaOf({ "limits.cpu": "4" })] })).toEqual([]);
});

it("only what is yet to be made needs room", () => {
  const resourceQuotas = [quotaOf({ pods: "5" }, { pods: "3" })];
  const gateway = { ...sound.gateway, deployment: sound.deployment };
  const pool = { ...sound.pool, deployment: sound.deployment };
  expect(found({ resourceQuotas, gateway })).toEqual([]);
  expect(found({ resourceQuotas: [quotaOf({ pods: "5" }, { pods: "4" })], gateway })).toEqual([
    expect.stringMatching(/no room for ebb-pool: 2 of pods/),
  ]);
  expect(found({ resourceQuotas: [quotaOf({ pods: "0" })], gateway, pool })).toEqual([]);
});

it.each<[string, Partial<LimitRangeItem>, RegExp]>([
  ["a maximum", { max: { memory: "256Mi" } }, /ebb-gateway has a limit of 512Mi memory, above 256Mi/],
  ["a maximum of what has no limit", { max: { cpu: "1" } }, /ebb-pool has a limit of no cpu, above 1/],
  ["a minimum", { min: { cpu: "80m" } }, /ebb-gateway has a request of 50m cpu, below 80m/],
  [
    "a ratio",
    { maxLimitRequestRatio: { memory: 4 } },
    /ebb-gateway has more than 4 times its memory request/,
  ],
  ["a default below the request", { default: { cpu: "80m" } }, /ebb-pool has a default limit of 80m cpu/],
  ["a maximum of pods", { type: "Pod", max: { memory: "300Mi" } }, /above 300Mi/],
])("%s that Ebb's pods do not keep is told", (_title, item, says) => {
  const all = found({ limitRanges: [rangeOf(item)] });
  expect(all).toEqual([expect.stringMatching(says)]);
  expect(all[0]).toMatch(/^OutsideLimitRange LimitRange\/bounds \.spec\.limits\[0\] By LimitRange "bounds"/);
});

it("bounds that Ebb's pods keep are no finding", () => {
  const items = [
    { max: { memory: "1Gi" }, min: { memory: "16Mi" } },
    { max: { cpu: "1" }, default: { cpu: "1" } },
    { type: "PersistentVolumeClaim", max: { storage: "1Gi" } },
  ];
  expect(found({ limitRanges: items.map(rangeOf) })).toEqual([]);
});
