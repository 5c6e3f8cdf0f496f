/** What the operator counts of itself. */
import type { Pod } from "../../operator/kube/objects.ts";
import type { Kubectl } from "../../test/e2e/harness/kubectl.ts";
import { processesOf } from "../../test/e2e/harness/processes.ts";
import { operatorNamespace } from "../../test/e2e/harness/test-cluster.ts";
import { type Usage, usageOf } from "../process-usage.ts";

const metricsPort = 8080;

/** Requests to the API server since the operator started, by `METHOD resource`; the Lease of leading is left out. */
export type Requests = ReadonlyMap<string, number>;

/** The only pod of the operator. */
export class OperatorPod {
  readonly #kubectl: Kubectl;
  readonly #name: string;
  readonly #pids: readonly number[];

  private constructor(kubectl: Kubectl, name: string, pids: readonly number[]) {
    this.#kubectl = kubectl;
    this.#name = name;
    this.#pids = pids;
  }

  /** Leaves one pod of the operator, which then leads. */
  static async alone(kubectl: Kubectl): Promise<OperatorPod> {
    const inNamespace = ["-n", operatorNamespace];
    await kubectl.run(["scale", "deployment/ebb-operator", "--replicas=1", ...inNamespace]);
    await kubectl.run(["rollout", "status", "deployment/ebb-operator", ...inNamespace, "--timeout=2m"]);
    const selector = "app.kubernetes.io/name=ebb-operator";
    await kubectl.run(["rollout", "restart", "deployment/ebb-operator", ...inNamespace]);
    await kubectl.run(["rollout", "status", "deployment/ebb-operator", ...inNamespace, "--timeout=2m"]);
    const found = await kubectl.list<Pod>(operatorNamespace, "pods", selector);
    const pod = found.find(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (pod === undefined) throw new Error("the operator has no pod");
    const { name } = pod.metadata;
    return new OperatorPod(kubectl, name, await processesOf(kubectl, operatorNamespace, name));
  }

  /** Errors: throws when its container has been started again meanwhile, as for want of memory. */
  async usage(): Promise<Usage> {
    try {
      return await usageOf(this.#pids);
    } catch (error) {
      throw new Error(`the process of pod ${this.#name} has ended`, { cause: error });
    }
  }

  async requests(): Promise<Requests> {
    const path = `/api/v1/namespaces/${operatorNamespace}/pods/${this.#name}:${metricsPort}/proxy/metrics`;
    return parseRequests(await this.#kubectl.raw(path));
  }
}

/** Of the Prometheus text format. */
export function parseRequests(text: string): Requests {
  const counts = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, labels, value] = /^rest_client_requests_total\{(.*)\} (\d+)$/.exec(line) ?? [];
    if (labels === undefined) continue;
    const fields = new Map(
      Array.from(labels.matchAll(/(\w+)="([^"]*)"/g), ([, name = "", text = ""]) => [name, text] as const),
    );
    const [method = "", resource = ""] = [fields.get("method"), fields.get("resource")];
    if (resource === "leases") continue;
    const name = `${method} ${resource}`;
    counts.set(name, (counts.get(name) ?? 0) + Number(value));
  }
  return counts;
}

/** Requests that change something, of those made between two counts. */
export function writesBetween(before: Requests, after: Requests): Requests {
  const made = [...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
  return new Map(made.filter(([name, count]) => !name.startsWith("GET ") && count > 0));
}

export function total(requests: Requests): number {
  return [...requests.values()].reduce((sum, count) => sum + count, 0);
}
