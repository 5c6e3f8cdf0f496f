/** A function that is published to the pool while nobody is led to it: what its module gets, may and does wrong. */
import { once } from "node:events";
import type { Pod } from "../../../operator/kube/objects.ts";
import { functionKey, poolName, ports } from "../../../operator/api/v1alpha1/names.ts";
import type { Kubectl, Manifest } from "./kubectl.ts";
import type { SeenFunction } from "./scenario.ts";
import { operatorNamespace, type TestCluster } from "./test-cluster.ts";

export const publishedName = "settings";
const secretName = `${publishedName}-keys`;
/** The operator's own metrics: a server that every cluster with Ebb has. */
const server = { host: `ebb-operator-metrics.${operatorNamespace}.svc`, port: 8080 };

const source = `export default {
  async fetch(request, env) {
    switch (new URL(request.url).pathname) {
      case "/server":
        return fetch("http://${server.host}:${server.port}/healthz");
      case "/elsewhere":
        return fetch("https://kubernetes.default.svc/").catch((error) => new Response(error.message));
      case "/fail":
        throw new Error("no use of " + env.TOKEN);
      default:
        return new Response(env.TOKEN);
    }
  },
};`;

export function secretOf(namespace: string, token: string): Manifest {
  const metadata = { namespace, name: secretName };
  return { apiVersion: "v1", kind: "Secret", metadata, stringData: { token } };
}

/** Everything but the Secret. The Deployment has no pods, and the function stays in the cluster. */
export function publishedObjects(namespace: string): Manifest[] {
  const metadata = { namespace, name: publishedName };
  const labels = { app: publishedName };
  const containers = [{ name: "app", image: "ebb.local/none:none" }];
  const key = "module.js";
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { [key]: source } },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    },
    {
      apiVersion: "ebb.dev/v1alpha1",
      kind: "EdgeFunction",
      metadata,
      spec: {
        placement: "Cluster",
        workloadRef: { name: publishedName },
        module: { abi: "Worker", configMapKeyRef: { name: publishedName, key } },
        env: [{ name: "TOKEN", valueFrom: { secretKeyRef: { name: secretName, key: "token" } } }],
        egress: { allow: [server] },
      },
    },
  ];
}

/** What a pod of the pool answers for the version in the function's status: `<status> <body>`. */
export async function callPublished(
  kubectl: Kubectl,
  cluster: TestCluster,
  namespace: string,
  path: string,
): Promise<string> {
  const { metadata, status } = await kubectl.get<SeenFunction>(namespace, "edgefunction", publishedName);
  const [pod] = await kubectl.list<Pod>(namespace, "pods", `app.kubernetes.io/name=${poolName}`);
  const address = pod?.status?.podIP;
  const version = `${functionKey(metadata.uid ?? "")}/${status?.edge?.version}`;
  if (address === undefined || status?.edge?.version === undefined) return "not there";
  const script = `const answer = await fetch(process.argv[1], { headers: { "x-ebb-function": process.argv[2] } });
    process.stdout.write(answer.status + " " + (await answer.text()));`;
  const url = `http://${address}:${ports.poolHttp}${path}`;
  const args: [string, string[]] = [process.execPath, ["--input-type=module", "-e", script, url, version]];
  const child = cluster.inside(...args);
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "close");
  return output.trim();
}

/** Where text, or its base64, is in a namespace and in the logs of what Ebb runs, other than in Secrets. */
export async function mentionsOf(kubectl: Kubectl, namespace: string, text: string): Promise<string[]> {
  const kinds = await kubectl.run(["api-resources", "--namespaced", "--verbs=list,delete", "-o", "name"]);
  const names = kinds.trim().split("\n");
  const objects = await kubectl.list(namespace, names.filter((kind) => kind !== "secrets").join(","));
  const told = objects.map((object) => [`${object.kind}/${object.metadata.name}`, JSON.stringify(object)]);
  const logs = [
    [operatorNamespace, "app.kubernetes.io/name=ebb-operator"],
    [namespace, `app.kubernetes.io/name=${poolName}`],
  ] as const;
  for (const [where, selector] of logs)
    told.push([`log of ${selector}`, await kubectl.run(["logs", "-n", where, "-l", selector, "--tail=-1"])]);
  const marks = [text, Buffer.from(text).toString("base64").replace(/=+$/, "")];
  return told.flatMap(([name = "", content = ""]) =>
    marks.some((mark) => content.includes(mark)) ? [name] : [],
  );
}
