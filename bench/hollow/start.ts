/** Lets the cluster schedule to a hollow node and to no other. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { layoutOf } from "../../test/cluster/layout.ts";
import { Kubectl } from "../../test/e2e/harness/kubectl.ts";
import type { TestCluster } from "../../test/e2e/harness/test-cluster.ts";
import { readFile } from "node:fs/promises";

export interface HollowCluster {
  /** Takes the hollow node away, and lets the real one take pods again. */
  stop(): Promise<void>;
}

/**
 * kube-proxy and the ingress controller stop meanwhile: they would share two cores with what is measured, and belong on
 * other machines than an API server. Requires: the local cluster of that name, with no pod that must move.
 */
export async function startHollowCluster(cluster: TestCluster, name: string): Promise<HollowCluster> {
  const kubectl = new Kubectl(cluster.access);
  const pids = await Promise.all(["kube-proxy", "traefik"].map((daemon) => pidOf(name, daemon)));
  const real = (await kubectl.run(["get", "nodes", "-o", "name"])).trim().split("\n");
  await kubectl.run(["cordon", ...real.map((node) => node.replace("node/", ""))]);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  const child = cluster.inside(process.execPath, [join(import.meta.dirname, "main.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await ready(child);
  return {
    stop: async () => {
      const exited = once(child, "exit");
      child.stdin?.end();
      await exited;
      for (const pid of pids) process.kill(pid, "SIGCONT");
      await kubectl.run(["uncordon", ...real.map((node) => node.replace("node/", ""))]);
    },
  };
}

async function ready(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error("the hollow node has no output");
  const [first] = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  if (!Buffer.isBuffer(first)) throw new Error(`the hollow node ended with ${String(first)}`);
}

/** Of a daemon of the local cluster. */
async function pidOf(cluster: string, daemon: string): Promise<number> {
  const [pid] = (await readFile(join(layoutOf(cluster).pids, daemon), "utf8")).split(" ");
  return Number(pid);
}
