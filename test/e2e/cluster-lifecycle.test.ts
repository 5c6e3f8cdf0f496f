import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localCluster, type Cluster } from "../cluster/cluster.ts";
import { down } from "../cluster/down.ts";
import { corednsImage } from "../cluster/images.ts";
import { addresses, layoutOf } from "../cluster/layout.ts";
import { mountsBelow } from "../cluster/mounts.ts";
import { run } from "../cluster/run.ts";
import { statusOf } from "../cluster/status.ts";
import { kubectlBinary } from "../cluster/tools/kubectl.ts";

const layout = layoutOf("ebb-lifecycle");
const neighbour = layoutOf("ebb");
let cluster: Cluster;
let other: Cluster;

beforeAll(async () => {
  await down(layout);
  other = await localCluster(neighbour.name);
});
afterAll(() => down(layout));

test("comes up after its command is killed at every stage", async () => {
  const stages = [
    layout.namespace,
    layout.pki,
    ...["forwarder", "etcd", "kube-apiserver", "kubelet"].map((name) => join(layout.pids, name)),
  ];
  for (const stage of stages) await killWhenThere(stage);
  cluster = await localCluster(layout.name);
  expect((await statusOf(layout)).isUp).toBe(true);
});

test("shares nothing with the cluster beside it but the machine", async () => {
  expect(cluster.ingressURL).not.toBe(other.ingressURL);
  await cluster.kubectl("create", "namespace", "only-here");
  expect(await cluster.kubectl("get", "namespace", "only-here", "--no-headers")).toContain("Active");
  await expect(other.kubectl("get", "namespace", "only-here")).rejects.toThrow("NotFound");
});

test("serves an Ingress to this machine, and pods reach names, Services and the API server", async () => {
  const { name: image } = await corednsImage();
  const manifests = { apiVersion: "v1", kind: "List", items: webManifests(image) };
  const apply = ["--kubeconfig", cluster.kubeconfig, "apply", "-f", "-"];
  await run(await kubectlBinary(), apply, { input: JSON.stringify(manifests) });
  await expect.poll(ingressAnswer, { timeout: 60_000 }).toBe("OK");
  // The name server is a pod, and ready only when it reaches the API server through its Service.
  expect(await resolve("kubernetes.default.svc.cluster.local")).toBe(addresses.apiService);
  expect(await resolve("example.com")).toBe("ENOTFOUND");
  expect(await cluster.kubectl("logs", "deployment/web")).toContain("CoreDNS");
});

test("replaces whichever daemon is killed", async () => {
  for (const name of Object.keys(await daemons())) {
    const pid = (await daemons())[name] ?? 0; // not what it was at first: a loss elsewhere can end it too
    process.kill(pid, "SIGKILL");
    await expect.poll(() => commandOf(pid)).toBe("");
    cluster = await localCluster(layout.name);
    expect({ name, isReplaced: (await daemons())[name] !== pid }).toEqual({ name, isReplaced: true });
  }
  expect((await statusOf(layout)).isUp).toBe(true);
});

test("changes nothing when it is brought up again", async () => {
  const before = await daemons();
  await localCluster(layout.name);
  expect(await daemons()).toEqual(before);
});

test("comes back after every daemon is killed, with the pods that ran", async () => {
  const uid = await podUid();
  await killDaemons();
  expect((await statusOf(layout)).isUp).toBe(false);
  cluster = await localCluster(layout.name);
  await expect.poll(ingressAnswer, { timeout: 60_000 }).toBe("OK");
  expect(await podUid()).toBe(uid);
});

test("leaves no process, mount, namespace or cgroup behind after daemons and shims are killed", async () => {
  const [before, beside] = [await members(), await daemons(neighbour)];
  const shims = before.filter(({ command }) => command.includes("containerd-shim"));
  expect(shims.length).toBeGreaterThan(0);
  expect(before.some(({ command }) => command.startsWith("/coredns"))).toBe(true);
  await killDaemons();
  for (const { pid } of shims) process.kill(pid, "SIGKILL");
  await down(layout);
  const survivors = before.filter(({ pid, command }) => commandOf(pid) === command);
  expect(survivors).toEqual([]);
  expect(await mountsBelow(layout.state)).toEqual([]);
  expect(existsSync(layout.namespace)).toBe(false);
  expect(await run("find", ["/sys/fs/cgroup", "-name", layout.cgroup])).toBe("");
  expect(existsSync(layout.state)).toBe(false);
  expect(await daemons(neighbour)).toEqual(beside);
  expect(await other.kubectl("get", "--raw", "/readyz")).toBe("ok");
});

/** Starts the command and kills it as soon as the file is there. */
async function killWhenThere(file: string): Promise<void> {
  const main = join(import.meta.dirname, "..", "cluster", "main.ts");
  const child = spawn(process.execPath, [main, "up", "--name", layout.name], { stdio: "ignore" });
  const exited = once(child, "exit");
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error(`the command ended with ${child.exitCode} before ${file}`);
    await delay(1);
  }
  child.kill("SIGKILL");
  await exited;
}

async function ingressAnswer(): Promise<string> {
  return (await fetch(`${cluster.ingressURL}/health`)).text();
}

/** The address of a name, asked inside the cluster's network, or the code of the failure. */
async function resolve(name: string): Promise<string> {
  const script = `
    const resolver = new (require("node:dns").promises.Resolver)();
    resolver.setServers(["${addresses.dnsService}"]);
    resolver.resolve4("${name}").then(([address]) => console.log(address), ({ code }) => console.log(code));`;
  const child = cluster.inside(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("a child with a pipe has a stdout");
  const [answer] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return answer.trim();
}

function podUid(): Promise<string> {
  return cluster.kubectl("get", "pod", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.uid}");
}

/** The pid of every daemon, by its name. */
async function daemons({ pids: folder } = layout): Promise<Record<string, number>> {
  const names = await readdir(folder);
  const pids = names.map(async (name) => [name, Number.parseInt(await readFile(join(folder, name), "utf8"))]);
  return Object.fromEntries(await Promise.all(pids));
}

async function killDaemons(): Promise<void> {
  for (const pid of Object.values(await daemons())) process.kill(pid, "SIGKILL");
}

/** What runs in the cluster's cgroup or below it, whatever its parents are. */
async function members(): Promise<{ pid: number; command: string }[]> {
  const groups = await run("find", [
    "/sys/fs/cgroup",
    "-path",
    `*/${layout.cgroup}/*`,
    "-name",
    "cgroup.procs",
  ]);
  const lists = groups
    .trim()
    .split("\n")
    .map((file) => readFileSync(file, "utf8").trim().split("\n"));
  const pids = [...new Set(lists.flat().filter(Boolean).map(Number))];
  return pids.map((pid) => ({ pid, command: commandOf(pid) }));
}

/** Its command line; empty when the process has ended. */
function commandOf(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, "utf8").replaceAll("\0", " ") : "";
}

/** A name server that knows nothing, for its health page. */
function webManifests(image: string): object[] {
  const metadata = { name: "web" };
  const labels = { app: "web" };
  const container = {
    name: "web",
    image,
    imagePullPolicy: "Never",
    args: ["-conf", "/config/Corefile"],
    volumeMounts: [{ name: "config", mountPath: "/config" }],
  };
  const rule = {
    http: {
      paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
    },
  };
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { Corefile: ".:1053 {\n  health\n}\n" } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [container], volumes: [{ name: "config", configMap: { name: "web" } }] },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
    { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { rules: [rule] } },
  ];
}
