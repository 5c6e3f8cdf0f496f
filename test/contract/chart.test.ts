/** The chart, rendered by the real helm. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  caSecretName,
  gatewayNames,
  leaseName,
  poolName,
  poolEnvSecretName,
  poolTlsSecretName,
} from "../../operator/api/v1alpha1/names.ts";
import { readConfig } from "../../operator/config.ts";
import { chartValues } from "../../scripts/generate/chart-values.ts";
import { helmBinary } from "../cluster/tools/helm.ts";
import { run } from "../cluster/run.ts";
import { type ChartObject, chartFolder, oneOf, podOf, renderChart, selects } from "./rendered-chart.ts";

const crdFolder = fileURLToPath(new URL("../../crds", import.meta.url));

interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

const schema = JSON.parse(readFileSync(`${chartFolder}/values.schema.json`, "utf8")) as SchemaNode;

/** With a value that is of no type that the value may be of. */
const values = chartValues(readFileSync(`${chartFolder}/values.yaml`, "utf8")).map((value) => ({
  ...value,
  name: value.path.join("."),
  wrong: typeof value.default === "object" ? "words" : ["words"],
}));

let helm: string;
let objects: readonly ChartObject[];

beforeAll(async () => {
  helm = await helmBinary();
  objects = await renderChart(helm);
});

const crdsOf = (all: readonly ChartObject[]) => all.filter(({ kind }) => kind === "CustomResourceDefinition");
const hooksOf = (all: readonly ChartObject[]) =>
  all.filter(({ metadata }) => metadata.annotations?.["helm.sh/hook"] !== undefined);
const policies = (all: readonly ChartObject[]) =>
  all.filter(({ kind }) => kind.startsWith("ValidatingAdmissionPolicy"));
const operator = () => oneOf(objects, "Deployment", "ebb-operator");
const eject = () => oneOf(objects, "Job", "ebb-eject");

/** Names that the operator may use a verb on a resource for; undefined when some rule gives it for all names. */
function namesFor(kind: string, resource: string, verb: string): readonly string[] | undefined {
  const rules = oneOf(objects, kind, "ebb-operator").rules ?? [];
  const giving = rules.filter((rule) => rule.resources.includes(resource) && rule.verbs.includes(verb));
  return giving.some((rule) => rule.resourceNames === undefined)
    ? undefined
    : giving.flatMap((rule) => rule.resourceNames ?? []);
}

function mountPaths({ container }: ReturnType<typeof podOf>): string[] {
  return container.volumeMounts?.map(({ mountPath }) => mountPath) ?? [];
}

/** What an install would print, with these flags. */
async function notesOf(...flags: readonly string[]): Promise<string | undefined> {
  const args = ["install", "ebb", chartFolder, "--namespace", "shore", "--dry-run=client", ...flags];
  return (await run(helm, args, { env: { KUBECONFIG: "/dev/null" } })).split("NOTES:")[1];
}

describe("values", () => {
  test("helm lint --strict finds nothing", async () => {
    await expect(run(helm, ["lint", "--strict", chartFolder])).resolves.toContain("0 chart(s) failed");
  });

  test.each([
    ["replica=3", "additional properties 'replica' not allowed"],
    ["crds.install=true", "additional properties 'install' not allowed"],
    ["replicas=0", "at '/replicas': minimum: got 0, want 1"],
    ["logLevel=verbose", "at '/logLevel': value must be one of 'debug', 'info', 'warn', 'error', 'silent'"],
    ["replicas=11", "at '/replicas': maximum: got 11, want 10"],
    [
      "networkPolicy.apiServerPort=70000",
      "at '/networkPolicy/apiServerPort': maximum: got 70,000, want 65,535",
    ],
    [
      "networkPolicy.callers[0].podSelectors.matchLabels.a=b",
      "additional properties 'podSelectors' not allowed",
    ],
    ["networkPolicy.callers[0].ipBlock.except[0]=10.0.0.0/8", "missing property 'cidr'"],
    ["imagePullSecrets[0].secret=a", "at '/imagePullSecrets/0'"],
    ["image=operator", 'image is "operator": it needs a tag or a digest, as in registry.example/ebb:1.2.0'],
    ["edge.image=registry:5000/edge", 'edge.image is "registry:5000/edge": it needs a tag or a digest'],
    ["modules=null", "modules is missing: --reuse-values keeps the values of an older chart"],
    ["gateway.image=envoy", 'gateway.image is "envoy": it needs a tag or a digest'],
    [
      "uninstall.timeout=forever",
      'uninstall.timeout is "forever": write minutes or seconds, as in 4m or 240s',
    ],
    ["modules.maxSize=big", 'modules.maxSize is "big": write a number of bytes, as in 16Mi'],
    ["modules.mirrors.registry=mirror", "at '/modules/mirrors/registry': got string, want array"],
    [
      "modules.mirrors.registry[0]=mirror:5000",
      'modules.mirrors has "mirror:5000" for registry: write an http or https URL',
    ],
    [
      "modules.deniedAddresses[0]=10.0.0.0",
      'modules.deniedAddresses has "10.0.0.0": write a network, as in 10.0.0.0/8',
    ],
    ["uninstall.timeout=1h", 'uninstall.timeout is "1h": write minutes or seconds, as in 4m or 240s'],
  ])("%s is refused with what is allowed", async (setting, message) => {
    await expect(renderChart(helm, setting)).rejects.toThrow(message);
  });

  test.each(values)("a value of another type is refused for $name", async ({ name, path, wrong }) => {
    const set = ["--set-json", `${name}=${JSON.stringify(wrong)}`];
    const refused = run(helm, ["template", "ebb", chartFolder, ...set]);
    await expect(refused).rejects.toThrow(`at '/${path.join("/")}'`);
  });

  test.each(values)("$name is described in the schema", ({ path, description }) => {
    const found = path.reduce<SchemaNode | undefined>((node, key) => node?.properties?.[key], schema);
    expect(found?.description).toBe(description);
  });

  test("the three images reach the operator", async () => {
    const images = [
      "image=ebb.local/operator:1",
      "edge.image=ebb.local/edge:2",
      "gateway.image=ebb.local/gateway:3",
    ];
    const { container } = podOf(oneOf(await renderChart(helm, ...images), "Deployment", "ebb-operator"));
    expect(container.image).toBe("ebb.local/operator:1");
    expect(container.env).toContainEqual({ name: "EBB_EDGE_IMAGE", value: "ebb.local/edge:2" });
    expect(container.env).toContainEqual({ name: "EBB_GATEWAY_IMAGE", value: "ebb.local/gateway:3" });
  });

  test("what is set for the operator's pods is in them", async () => {
    const all = await renderChart(
      helm,
      "imagePullSecrets[0].name=registry",
      "priorityClassName=system-cluster-critical",
      "nodeSelector.disk=ssd",
      "tolerations[0].operator=Exists",
      "podLabels.team=platform",
    );
    const { labels, spec } = podOf(oneOf(all, "Deployment", "ebb-operator"));
    expect(spec).toMatchObject({
      imagePullSecrets: [{ name: "registry" }],
      priorityClassName: "system-cluster-critical",
      nodeSelector: { disk: "ssd" },
      tolerations: [{ operator: "Exists" }],
    });
    expect(labels).toMatchObject({ team: "platform" });
    expect(podOf(oneOf(all, "Job", "ebb-eject")).spec).toMatchObject({ nodeSelector: { disk: "ssd" } });
  });
});

describe("CRDs", () => {
  test("are those of crds/, kept on uninstall", () => {
    const source = readdirSync(crdFolder).map(
      (name) => parse(readFileSync(`${crdFolder}/${name}`, "utf8")) as ChartObject,
    );
    const kept = source.map((crd) => ({
      ...crd,
      metadata: { ...crd.metadata, annotations: { "helm.sh/resource-policy": "keep" } },
    }));
    expect(crdsOf(objects)).toEqual(kept);
  });

  test("go with the chart when crds.keep is false", async () => {
    const crds = crdsOf(await renderChart(helm, "crds.keep=false"));
    expect(crds.map(({ metadata }) => metadata.annotations)).toEqual([undefined, undefined, undefined]);
  });

  test("are not there when crds.enabled is false", async () => {
    expect(crdsOf(await renderChart(helm, "crds.enabled=false"))).toEqual([]);
  });
});

describe("pods", () => {
  test.each(["operator", "eject"])("the %s pod passes the restricted Pod Security Standard", (name) => {
    const { spec, container } = podOf(name === "operator" ? operator() : eject());
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.resources?.limits?.["memory"]).toBeDefined();
  });

  test("the operator is told who and where it is", () => {
    const { container } = podOf(operator());
    expect(container.args).toEqual(["run"]);
    const env = new Map(container.env?.map((entry) => [entry.name, entry]));
    expect([...env.keys()].toSorted()).toEqual([
      "EBB_DEFAULT_TARGET",
      "EBB_DEPLOYMENT",
      "EBB_EDGE_IMAGE",
      "EBB_GATEWAY_IMAGE",
      "EBB_LOG_LEVEL",
      "EBB_MODULE_ALLOWED_ADDRESSES",
      "EBB_MODULE_CACHE",
      "EBB_MODULE_CACHE_SIZE",
      "EBB_MODULE_DENIED_ADDRESSES",
      "EBB_MODULE_MAX_SIZE",
      "EBB_MODULE_MIRRORS",
      "EBB_NAMESPACE",
      "EBB_NETWORK_POLICIES",
      "EBB_NETWORK_POLICY_CALLERS",
      "POD_NAME",
    ]);
    expect(env.get("EBB_NAMESPACE")?.valueFrom?.fieldRef?.fieldPath).toBe("metadata.namespace");
    expect(env.get("POD_NAME")?.valueFrom?.fieldRef?.fieldPath).toBe("metadata.name");
  });

  test("the operator has a disk for modules, and the authorities that are named", async () => {
    expect(mountPaths(podOf(operator()))).toEqual(["/var/cache/ebb"]);
    const settings = [
      "modules.caConfigMap.name=our-authorities",
      "modules.maxSize=1048576",
      "modules.mirrors.registry\\.example\\.com[0]=https://mirror.example.com/hub",
    ];
    const pod = podOf(oneOf(await renderChart(helm, ...settings), "Deployment", "ebb-operator"));
    expect(mountPaths(pod)).toEqual(["/var/cache/ebb", "/etc/ebb/authorities"]);
    const env = Object.fromEntries(pod.container.env?.map(({ name, value }) => [name, value ?? "-"]) ?? []);
    const given = { EBB_GATEWAY_IMAGE: "g", EBB_EDGE_IMAGE: "e", EBB_NAMESPACE: "n", POD_NAME: "p" };
    expect(readConfig({ ...env, ...given }).modules).toEqual({
      maxSize: 1_048_576,
      cacheDir: "/var/cache/ebb",
      cacheSize: 256 * 1024 * 1024,
      caFile: "/etc/ebb/authorities/ca.crt",
      mirrors: { "registry.example.com": ["https://mirror.example.com/hub"] },
      addresses: { allowed: [], denied: [] },
    });
  });

  test("two operators run and one may be evicted", () => {
    expect(operator().spec?.replicas).toBe(2);
    const budget = oneOf(objects, "PodDisruptionBudget", "ebb-operator");
    expect(selects(budget.spec?.selector?.matchLabels ?? {}, podOf(operator()).labels)).toBe(true);
  });

  test("a single operator has no budget that would block its eviction", async () => {
    const kinds = (await renderChart(helm, "replicas=1")).map(({ kind }) => kind);
    expect(kinds).not.toContain("PodDisruptionBudget");
  });

  test("the metrics Service selects the operator's pods and not the eject Job's", () => {
    const selector = oneOf(objects, "Service", "ebb-operator-metrics").spec?.selector ?? {};
    expect(selects(selector, podOf(operator()).labels)).toBe(true);
    expect(selects(selector, podOf(eject()).labels)).toBe(false);
  });
});

describe("permissions of the operator", () => {
  test("name every group, resource and verb", () => {
    for (const { rules: all = [] } of objects)
      for (const rule of all)
        expect([...rule.apiGroups, ...rule.resources, ...rule.verbs]).not.toContain("*");
  });

  test.each([
    ["ClusterRole", "secrets", "patch", [poolTlsSecretName, poolEnvSecretName]],
    ["ClusterRole", "secrets", "delete", []],
    ["ClusterRole", "secrets", "list", []],
    ["ClusterRole", "secrets", "watch", []],
    ["ClusterRole", "deployments", "delete", [...gatewayNames]],
    ["ClusterRole", "configmaps", "patch", [...gatewayNames, poolName]],
    ["ClusterRole", "configmaps", "delete", [...gatewayNames, poolName]],
    ["ClusterRole", "serviceaccounts", "list", []],
    ["ClusterRole", "serviceaccounts", "patch", [...gatewayNames, poolName]],
    ["ClusterRole", "pods", "delete", []],
    ["ClusterRole", "edgefunctions", "delete", []],
    ["ClusterRole", "leases", "get", []],
    ["Role", "secrets", "get", [caSecretName]],
    ["Role", "leases", "patch", [leaseName]],
  ])("%s %s %s is for %j", (kind, resource, verb, names) => {
    expect(namesFor(kind, resource, verb)).toEqual(names);
  });

  test("reading Secrets of any name needs rbac.readSecrets", async () => {
    expect(namesFor("ClusterRole", "secrets", "get")).toBeUndefined();
    const all = await renderChart(helm, "rbac.readSecrets=false");
    const rules = oneOf(all, "ClusterRole", "ebb-operator").rules ?? [];
    const reading = rules.filter(
      ({ resources, verbs }) => resources.includes("secrets") && verbs.includes("get"),
    );
    expect(reading.map(({ resourceNames }) => resourceNames)).toEqual([
      [poolTlsSecretName, poolEnvSecretName],
    ]);
  });

  test("writing NetworkPolicies needs networkPolicy.enabled, for the two of Ebb", async () => {
    expect(namesFor("ClusterRole", "networkpolicies", "create")).toEqual([]);
    const all = await renderChart(helm, "networkPolicy.enabled=true");
    const rules = oneOf(all, "ClusterRole", "ebb-operator").rules ?? [];
    const writing = rules.filter(
      ({ resources, verbs }) => resources.includes("networkpolicies") && verbs.includes("patch"),
    );
    expect(writing.map(({ resourceNames }) => resourceNames)).toEqual([[...gatewayNames, poolName]]);
  });

  test("making the default target needs defaultTarget.create", async () => {
    expect(namesFor("ClusterRole", "clusteredgetargets", "create")).toBeUndefined();
    const role = oneOf(await renderChart(helm, "defaultTarget.create=false"), "ClusterRole", "ebb-operator");
    const creating = role.rules?.filter((rule) => rule.verbs.includes("create")) ?? [];
    expect(creating.flatMap((rule) => rule.resources)).not.toContain("clusteredgetargets");
  });
});

describe("admission policies", () => {
  test("come each with its binding, for the account of the release's namespace", async () => {
    const names = ["deployments", "functions", "own", "pods", "slices", "targets"].map(
      (name) => `ebb-operator-${name}`,
    );
    for (const kind of ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"])
      expect(
        policies(objects)
          .flatMap((each) => (each.kind === kind ? each.metadata.name : []))
          .toSorted(),
      ).toEqual(names);
    const text = JSON.stringify(policies(objects));
    expect(text.match(/system:serviceaccount:ebb-system:ebb-operator/g)).toHaveLength(names.length);
  });

  test("are not there when admissionPolicy.enabled is false", async () => {
    expect(policies(await renderChart(helm, "admissionPolicy.enabled=false"))).toEqual([]);
  });
});

describe("uninstall", () => {
  test("everything that the eject Job needs is made before it and removed after it", () => {
    const weights = new Map(
      hooksOf(objects).map(({ kind, metadata: { name, annotations } }) => [
        `${kind}/${name}`,
        Number(annotations?.["helm.sh/hook-weight"]),
      ]),
    );
    expect(Object.fromEntries(weights)).toEqual({
      "ServiceAccount/ebb-eject": -10,
      "ClusterRole/ebb-eject": -10,
      "Role/ebb-eject": -10,
      "ClusterRoleBinding/ebb-eject": -5,
      "RoleBinding/ebb-eject": -5,
      "Job/ebb-eject": 0,
    });
    for (const { metadata } of hooksOf(objects))
      expect(metadata.annotations).toMatchObject({
        "helm.sh/hook": "pre-delete",
        "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
      });
  });

  test("the Job ejects everything once and outlasts its own time-out", async () => {
    const job = oneOf(await renderChart(helm, "uninstall.timeout=90s"), "Job", "ebb-eject");
    expect(podOf(job).container.args).toEqual(["eject", "--all", "--timeout", "90s"]);
    expect(job.spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 120 });
  });

  test("no hook is there when uninstall.eject is false", async () => {
    expect(hooksOf(await renderChart(helm, "uninstall.eject=false"))).toEqual([]);
  });

  test("the notes say how to come back", async () => {
    const notes = await notesOf();
    expect(notes).toContain("kubectl --namespace shore rollout status deployment/ebb-operator");
    expect(notes).toContain("helm uninstall ebb --namespace shore does that for every EdgeFunction first.");
    expect(notes).not.toContain("NetworkPolicies");
    const others = await notesOf("--set=networkPolicy.enabled=true", "--set=uninstall.eject=false");
    expect(others).toContain("let pods labelled ebb.dev/component=gateway in to the workload");
    expect(others).toContain("delete every EdgeFunction before helm uninstall");
  });
});
