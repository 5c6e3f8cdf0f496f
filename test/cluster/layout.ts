/** Where a cluster's files and addresses are. */
import { homedir } from "node:os";
import { join } from "node:path";

/** Addresses inside the cluster's namespace; no two clusters share one, so all may use the same. */
export const addresses = {
  node: "10.99.0.1",
  /** Nobody answers there: it only gives packets to ClusterIPs a route until kube-proxy rewrites them. */
  nowhere: "10.99.0.254",
  clusterPods: "10.244.0.0/16",
  /** The part of it that the only node gives its pods from. */
  nodePods: "10.244.0.0/24",
  services: "10.96.0.0/16",
  apiService: "10.96.0.1",
  dnsService: "10.96.0.10",
} as const;

/** The port of the API server inside the namespace. */
export const apiPort = 6443;

/** The name under which the only node registers. */
export const nodeName = "node0";

/** The names and folders of one cluster; everything it writes is under `state`, but for what `down` lists. */
export interface Layout {
  readonly name: string;
  /** The network namespace as a file. */
  readonly namespace: string;
  /** The cgroup that holds every process of the cluster, relative to the root of its hierarchy. */
  readonly cgroup: string;
  readonly state: string;
  readonly pki: string;
  readonly config: string;
  readonly logs: string;
  readonly pids: string;
  /** For programs inside the namespace. */
  readonly adminKubeconfig: string;
  /** For programs outside it, by way of the forwarder. */
  readonly kubeconfig: string;
  readonly containerdSocket: string;
}

/** The layout of the cluster `name`. Throws when the name cannot name a namespace, a cgroup and a folder. */
export function layoutOf(name: string, env: NodeJS.ProcessEnv = process.env): Layout {
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(name)) {
    throw new Error(`a cluster's name is up to 31 small letters, digits and dashes, not "${name}"`);
  }
  const state = join(stateRoot(env), name);
  return {
    name,
    namespace: `/run/netns/${name}`,
    cgroup: `ebb-cluster-${name}`,
    state,
    pki: join(state, "pki"),
    config: join(state, "config"),
    logs: join(state, "logs"),
    pids: join(state, "pids"),
    adminKubeconfig: join(state, "config", "admin.kubeconfig"),
    kubeconfig: join(state, "kubeconfig"),
    containerdSocket: join(state, "containerd.sock"),
  };
}

/** Where the API server of a cluster writes down what Ebb's accounts ask of it: an audit.k8s.io/v1 Event a line. */
export function auditLog({ logs }: Layout): string {
  return join(logs, "audit.log");
}

/** Where clusters keep their state: a folder each. */
export function stateRoot(env: NodeJS.ProcessEnv): string {
  return env["EBB_STATE_DIR"] ?? join(env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "ebb");
}
