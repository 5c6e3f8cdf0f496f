/** The cluster that tests and the demo use, made here or existing, behind one interface. */
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { forwardedPorts, ingressUrl } from "./forwarder.ts";
import { auditLog, layoutOf } from "./layout.ts";
import { loadImage } from "./load.ts";
import { MachineError, requireLinuxRoot } from "./machine.ts";
import { chooseMaker } from "./maker.ts";
import { inNamespace } from "./namespace.ts";
import { enforceNetworkPolicies, ignoreNetworkPolicies } from "./network-policies.ts";
import { run } from "./run.ts";
import { helmBinary } from "./tools/helm.ts";
import { kubectlBinary } from "./tools/kubectl.ts";
import { up } from "./up.ts";

/** A cluster that is up. Commands throw with their stderr when they fail. */
export interface Cluster {
  readonly kubeconfig: string;
  readonly context: string;
  /** Where Ingresses answer on this machine: http://127.0.0.1:PORT for the local cluster. */
  readonly ingressURL: string;
  /** File with an audit.k8s.io/v1 Event a line for every call of Ebb's accounts; undefined where nobody writes it. */
  readonly auditLog: string | undefined;
  /** Runs our kubectl, never the machine's, and gives its stdout. */
  kubectl(...args: string[]): Promise<string>;
  /** Runs our Helm, never the machine's, and gives its stdout. */
  helm(...args: string[]): Promise<string>;
  /** Makes the image of an OCI archive available to pods. */
  load(archive: string): Promise<void>;
  /**
   * Returns when packets are held to NetworkPolicies, with what ends that. Undefined where the cluster's owner decides: a
   * test must then see for itself whether they are.
   */
  enforceNetworkPolicies: (() => Promise<() => Promise<void>>) | undefined;
  /**
   * Starts a command where pods, ClusterIPs and the ingress controller (port 80 of the node) are reached without the
   * forwarder, with a KUBECONFIG that works there. For an existing cluster, and for k3s without root, that is this
   * machine.
   */
  inside(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
}

/**
 * The cluster `ebb`, brought up when it is not: local, or k3s in a container where only that is possible or
 * EBB_CLUSTER=k3s asks for it; or an existing one, only with EBB_CLUSTER=kubeconfig and its context named in EBB_CONTEXT;
 * KUBECONFIG alone is never enough. Of an existing one, `ingressURL` is EBB_INGRESS_URL,
 * `load` runs EBB_LOAD_COMMAND with the archive as its last argument, and EBB_AUDIT_LOG may name its audit log. Throws a
 * MachineError with the way out.
 */
export async function resolveCluster(env: NodeJS.ProcessEnv = process.env): Promise<Cluster> {
  switch (await chooseMaker(env)) {
    case "local":
      return localCluster("ebb");
    case "k3s":
      return k3sCluster("ebb");
    case "kubeconfig":
      return existingCluster(env);
  }
}

/** The local cluster of that name, brought up when it is not. */
export async function localCluster(name: string): Promise<Cluster> {
  requireLinuxRoot();
  const layout = layoutOf(name);
  await up(layout);
  const ports = await forwardedPorts(layout);
  if (ports === undefined) throw new Error(`cluster ${name} is up but has no ports`);
  return {
    ...(await clients(layout.kubeconfig, name)),
    ingressURL: ingressUrl(ports),
    auditLog: auditLog(layout),
    load: (archive) => loadImage(layout, archive),
    enforceNetworkPolicies: async () => {
      await enforceNetworkPolicies(layout);
      return () => ignoreNetworkPolicies(layout);
    },
    inside: (command, args, options = {}) =>
      spawnWith(layout.adminKubeconfig, inNamespace(layout.namespace, [command, ...args]), options),
  };
}

/** The k3s of that name, started when it does not run. Its NetworkPolicies hold from the start. */
async function k3sCluster(name: string): Promise<Cluster> {
  const { startK3s } = await import("./k3s.ts");
  const { kubeconfig, insideKubeconfig, context, address, pid, load } = await startK3s(name);
  return {
    ...(await clients(kubeconfig, context)),
    auditLog: undefined,
    enforceNetworkPolicies: undefined,
    ingressURL: `http://${address}`,
    load,
    inside: (command, args, options = {}) =>
      process.getuid?.() === 0
        ? spawnWith(insideKubeconfig, inNamespace(`/proc/${pid}/ns/net`, [command, ...args]), options)
        : spawnWith(kubeconfig, [command, ...args], options),
  };
}

async function existingCluster(env: NodeJS.ProcessEnv): Promise<Cluster> {
  const context = setting(env, "EBB_CONTEXT", "the context in your kubeconfig");
  const kubeconfig = env["KUBECONFIG"] ?? join(homedir(), ".kube", "config");
  return {
    ...(await clients(kubeconfig, context)),
    auditLog: env["EBB_AUDIT_LOG"],
    enforceNetworkPolicies: undefined,
    get ingressURL() {
      return setting(env, "EBB_INGRESS_URL", "where its Ingresses answer");
    },
    load: async (archive) => {
      const command = setting(
        env,
        "EBB_LOAD_COMMAND",
        "the command that loads the image archive it is given",
      );
      await run("sh", ["-c", `${command} "$0"`, archive]);
    },
    inside: (command, args, options = {}) => spawnWith(kubeconfig, [command, ...args], options),
  };
}

function setting(env: NodeJS.ProcessEnv, name: string, meaning: string): string {
  const value = env[name];
  if (value === undefined) throw new MachineError(`With EBB_CLUSTER=kubeconfig set ${name} to ${meaning}.`);
  return value;
}

function spawnWith(
  kubeconfig: string,
  [command, ...args]: [string, ...string[]],
  options: SpawnOptions,
): ChildProcess {
  return spawn(command, args, {
    ...options,
    env: { ...(options.env ?? process.env), KUBECONFIG: kubeconfig },
  });
}

type Clients = Pick<Cluster, "kubeconfig" | "context" | "kubectl" | "helm">;

async function clients(kubeconfig: string, context: string): Promise<Clients> {
  const [kubectl, helm] = await Promise.all([kubectlBinary(), helmBinary()]);
  const env = { KUBECONFIG: kubeconfig };
  return {
    kubeconfig,
    context,
    kubectl: (...args) => run(kubectl, ["--context", context, ...args], { env }),
    helm: (...args) => run(helm, ["--kube-context", context, ...args], { env }),
  };
}
