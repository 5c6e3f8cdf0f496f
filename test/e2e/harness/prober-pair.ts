/** Two probers on one workload: through the ingress and through the ClusterIP, each with kept and with fresh connections. */
import type { Service } from "../../../operator/kube/objects.ts";
import { authRequests, ingressHost, workloadName } from "./auth-workload.ts";
import type { Kubectl } from "./kubectl.ts";
import { RunningProber } from "./probers.ts";
import type { Images, TestCluster } from "./test-cluster.ts";

export interface ProberPair {
  readonly cluster: TestCluster;
  readonly images: Images;
  /** Namespace of the workload. */
  readonly namespace: string;
  /** Requests a second of each. */
  readonly rate: number;
  /** Milliseconds until a request without an answer is lost. */
  readonly timeout: number;
}

/** The namespace of the pods that send requests to a workload's namespace. */
export function proberNamespace(namespace: string): string {
  return `${namespace}-probers`;
}

/** Starts both, in a namespace that is there already. */
export async function startProberPair(kubectl: Kubectl, pair: ProberPair): Promise<RunningProber[]> {
  const { cluster, images, namespace, rate, timeout } = pair;
  const service = await kubectl.get<Service>(namespace, "service", workloadName);
  const ways = [
    { name: "ingress", origin: cluster.ingressInside, host: ingressHost(namespace) },
    { name: "clusterip", origin: `http://${service.spec.clusterIP}` },
  ];
  const place = { namespace: proberNamespace(namespace), image: images.prober.name };
  const settings = { rate, connections: "mixed", requests: authRequests(), timeout } as const;
  const probers: RunningProber[] = [];
  for (const way of ways) probers.push(await RunningProber.start(kubectl, place, { ...way, ...settings }));
  return probers;
}
