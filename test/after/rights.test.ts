/** The chart's roles against what Ebb's accounts asked of the real API server while the e2e suite ran. */
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { grantsOf, nameOfGrant, refusedCalls, unusedGrants } from "../contract/grants.ts";
import { type ChartObject, renderChart } from "../contract/rendered-chart.ts";
import { resolveCluster } from "../cluster/cluster.ts";
import { helmBinary } from "../cluster/tools/helm.ts";
import { auditedCalls } from "./audit-log.ts";

const byTheFake = "rare: test/contract/rbac.test.ts makes an operator use it";

/** What no call of the suite may use, and why it is there. */
const rare: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "ebb-operator": {
    "ClusterRole create discovery.k8s.io/endpointslices/restricted":
      "asked for by OpenShift's admission only",
    "ClusterRole list security.istio.io/peerauthentications": "asked for where Istio is",
    "ClusterRole get apps/daemonsets": byTheFake,
    "ClusterRole get ebb.dev/edgefunctions": byTheFake,
    "ClusterRole get /pods": "asked for when a slice is seen between its pod's end and the garbage collector",
    "ClusterRole get networking.k8s.io/ingresses": byTheFake,
    "ClusterRole patch ebb.dev/edgetargets/status": byTheFake,
    "ClusterRole create /events": byTheFake,
    "ClusterRole delete networking.k8s.io/networkpolicies ebb-pool": byTheFake,
    "ClusterRole patch /secrets ebb-pool-env": byTheFake,
    "ClusterRole patch /secrets ebb-pool-tls": byTheFake,
    "Role patch /secrets ebb-ca": byTheFake,
  },
  "ebb-eject": {},
};

/** Set by `npm test`; without it the whole life of the cluster counts. */
const since = Date.parse(process.env["EBB_TESTS_SINCE"] ?? "1970-01-01T00:00:00Z");

const log = (await resolveCluster()).auditLog;
let chart: readonly ChartObject[];

beforeAll(async () => {
  chart = await renderChart(await helmBinary(), "networkPolicy.enabled=true");
});

describe.skipIf(log === undefined || !existsSync(log)).each(Object.keys(rare))("%s", (account) => {
  test("was refused nothing that its roles do not give", async () => {
    const calls = await auditedCalls(log ?? "", account, since);
    expect(calls.length).toBeGreaterThan(0);
    // Roles go before the operator when the chart is uninstalled: what they gave is no finding.
    const refused = calls.filter(({ isAllowed }) => !isAllowed);
    expect(refusedCalls(grantsOf(chart, account), refused)).toEqual([]);
  });

  test("used every rule of its roles, but for the few that are named here", async () => {
    const calls = await auditedCalls(log ?? "", account, since);
    const allowed = calls.filter(({ isAllowed }) => isAllowed);
    const excused = Object.keys(rare[account] ?? {});
    const unused = unusedGrants(grantsOf(chart, account), allowed);
    expect(unused.filter((grant) => !excused.includes(grant))).toEqual([]);
  });

  test("has every rule that is named here", () => {
    const given = grantsOf(chart, account).map(nameOfGrant);
    expect(Object.keys(rare[account] ?? {}).filter((grant) => !given.includes(grant))).toEqual([]);
  });
});
