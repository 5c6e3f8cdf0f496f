/** Ends processes of pods the hard way, on the machine that they run on. */
import { readdir, readFile } from "node:fs/promises";
import type { Lease } from "../../../operator/kube/lease-objects.ts";
import type { Pod } from "../../../operator/kube/objects.ts";
import type { KubeObject } from "../../../operator/kube/resource.ts";
import type { Kubectl } from "./kubectl.ts";

interface StartedPod extends KubeObject {
  readonly status?: { readonly containerStatuses?: readonly { readonly containerID?: string }[] };
}

/** Sends SIGKILL to every process of a pod's containers. Works where the node's processes are this machine's. */
export async function killPod(kubectl: Kubectl, namespace: string, name: string): Promise<void> {
  for (const pid of await processesOf(kubectl, namespace, name)) process.kill(pid, "SIGKILL");
}

/** Pids of every process of a pod's containers. Errors: throws when this machine runs none. */
export async function processesOf(kubectl: Kubectl, namespace: string, name: string): Promise<number[]> {
  const pod = await kubectl.get<StartedPod>(namespace, "pod", name);
  const containers = (pod.status?.containerStatuses ?? []).map(({ containerID = "" }) =>
    containerID.replace(/^.*:\/\//, ""),
  );
  const pids = await pidsOf(containers.filter((id) => id !== ""));
  if (pids.length === 0) throw new Error(`no process of pod ${namespace}/${name} runs on this machine`);
  return pids;
}

/** The pod of the operator that leads. */
export async function leaderPod(kubectl: Kubectl, namespace: string): Promise<string> {
  const lease = await kubectl.get<Lease>(namespace, "lease", "ebb-operator");
  const holder = lease.spec?.holderIdentity ?? "";
  const pods = await kubectl.list<Pod>(namespace, "pods", "app.kubernetes.io/name=ebb-operator");
  const leader = pods.find(({ metadata }) => holder.startsWith(metadata.name));
  if (leader === undefined) throw new Error(`no operator pod is the holder of the lease: "${holder}"`);
  return leader.metadata.name;
}

async function pidsOf(containers: readonly string[]): Promise<number[]> {
  const pids: number[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    // A process may end while we look.
    const groups = await readFile(`/proc/${entry}/cgroup`, "utf8").catch(() => "");
    if (containers.some((id) => groups.includes(id))) pids.push(Number(entry));
  }
  return pids;
}
