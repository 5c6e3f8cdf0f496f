/** What pods use, as their kubelets tell everybody who asks, and what they ask their nodes for. */
import { setTimeout as delay } from "node:timers/promises";
import { amountOf } from "../../operator/kube/quantity.ts";
import type { Pod } from "../../operator/kube/objects.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";
import type { Kubectl } from "../../test/e2e/harness/kubectl.ts";

/** Of several pods together. */
export interface PodUsage {
  /** Of one core, 1 is a whole one. */
  readonly cores: number;
  /** Working set. */
  readonly memoryMiB: number;
}

interface Summary {
  readonly pods: readonly {
    readonly podRef: { readonly namespace: string; readonly name: string };
    readonly cpu?: { readonly time: string; readonly usageCoreNanoSeconds?: number };
    readonly memory?: { readonly workingSetBytes?: number };
  }[];
}

/** Of each pod, by `namespace/name`, over the given seconds; those that a kubelet does not tell of are left out. */
export async function podUsage(kubectl: Kubectl, seconds: number): Promise<Map<string, PodUsage>> {
  const before = await summaries(kubectl);
  await delay(seconds * 1000);
  const used = new Map<string, PodUsage>();
  for (const [name, after] of await summaries(kubectl)) {
    const former = before.get(name)?.cpu;
    if (former === undefined || after.cpu === undefined) continue;
    const nanoseconds = (after.cpu.usageCoreNanoSeconds ?? 0) - (former.usageCoreNanoSeconds ?? 0);
    // A kubelet looks every ten to twenty seconds, and says when it did.
    const passed = (Date.parse(after.cpu.time) - Date.parse(former.time)) / 1000;
    const memoryMiB = (after.memory?.workingSetBytes ?? 0) / 2 ** 20;
    used.set(name, { cores: passed > 0 ? nanoseconds / 1e9 / passed : 0, memoryMiB });
  }
  return used;
}

export function sumOf(usages: Iterable<PodUsage>): PodUsage {
  const sum = { cores: 0, memoryMiB: 0 };
  for (const { cores, memoryMiB } of usages) {
    sum.cores += cores;
    sum.memoryMiB += memoryMiB;
  }
  return sum;
}

/** What the containers of pods ask for together. */
export function requestsOf(pods: readonly Pod[]): PodUsage {
  const requests = pods.flatMap(({ spec }) => spec.containers.map(({ resources }) => resources?.requests));
  return sumOf(
    requests.map((request) => ({
      cores: amountOf(request?.["cpu"]) ?? 0,
      memoryMiB: (amountOf(request?.["memory"]) ?? 0) / 2 ** 20,
    })),
  );
}

async function summaries(kubectl: Kubectl): Promise<Map<string, Summary["pods"][number]>> {
  const nodes = await kubectl.list<KubeObject>("default", "nodes");
  const all = await Promise.all(
    nodes.map(async ({ metadata: { name } }) => {
      const text = await kubectl.raw(`/api/v1/nodes/${name}/proxy/stats/summary`);
      return (JSON.parse(text) as Summary).pods;
    }),
  );
  return new Map(all.flat().map((pod) => [`${pod.podRef.namespace}/${pod.podRef.name}`, pod]));
}
