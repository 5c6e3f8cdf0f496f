/** etcd and the control plane as daemons. */
import { join } from "node:path";
import { kubeconfigFor, tokenFile, type Tokens } from "./credentials.ts";
import type { Daemon } from "./daemon.ts";
import { addresses, apiPort, auditLog, type Layout } from "./layout.ts";
import { keyOf, pkiFiles } from "./pki.ts";

/** The address of the store inside the namespace. */
export const etcdAddress = "http://127.0.0.1:2379";

/** The API server's address inside the namespace. */
export const apiAddress = `https://${addresses.node}:${apiPort}`;

/** The store. It does not wait for the disk: a test cluster that lost power starts anew. */
export function etcd(layout: Layout, bin: string): Daemon {
  const flags = {
    "data-dir": join(layout.state, "etcd"),
    "listen-client-urls": etcdAddress,
    "advertise-client-urls": etcdAddress,
    "listen-peer-urls": "http://127.0.0.1:2380",
    "unsafe-no-fsync": "true",
    "log-level": "warn",
  };
  return { name: "etcd", command: [join(bin, "etcd"), ...flagList(flags)] };
}

/** The API server, with Kubernetes' own authorization and admission. */
export function apiServer(layout: Layout, bin: string): Daemon {
  const pki = (file: string): string => join(layout.pki, file);
  const auditPolicyFile = join(layout.config, "audit-policy.json");
  const flags = {
    "audit-policy-file": auditPolicyFile,
    "audit-log-path": auditLog(layout),
    "audit-log-maxsize": "200",
    "audit-log-maxbackup": "1",
    "etcd-servers": etcdAddress,
    "advertise-address": addresses.node,
    "secure-port": `${apiPort}`,
    "tls-cert-file": pki(pkiFiles.apiServer),
    "tls-private-key-file": pki(keyOf(pkiFiles.apiServer)),
    "client-ca-file": pki(pkiFiles.ca),
    "token-auth-file": tokenFile(layout),
    "authorization-mode": "Node,RBAC",
    "enable-admission-plugins": "NodeRestriction",
    "service-cluster-ip-range": addresses.services,
    "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
    "service-account-key-file": pki(pkiFiles.serviceAccountKey),
    "service-account-signing-key-file": pki(pkiFiles.serviceAccountKey),
    "kubelet-client-certificate": pki(pkiFiles.kubeletClient),
    "kubelet-client-key": pki(keyOf(pkiFiles.kubeletClient)),
    "kubelet-certificate-authority": pki(pkiFiles.ca),
    "kubelet-preferred-address-types": "InternalIP",
    "max-requests-inflight": "2000",
    "max-mutating-requests-inflight": "1000",
    "allow-privileged": "true",
  };
  return {
    name: "kube-apiserver",
    command: [join(bin, "kube-apiserver"), ...flagList(flags)],
    files: { [auditPolicyFile]: JSON.stringify(auditPolicy) },
  };
}

/** Every call of Ebb's own accounts is written down, without its body. */
const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    {
      level: "Metadata",
      users: ["ebb-operator", "ebb-eject"].map((name) => `system:serviceaccount:ebb-system:${name}`),
    },
    { level: "None" },
  ],
};

/** The controllers, each under its own service account. */
export async function controllerManager(layout: Layout, bin: string, tokens: Tokens): Promise<Daemon> {
  const kubeconfig = join(layout.config, "controller-manager.kubeconfig");
  const flags = {
    kubeconfig,
    "service-account-private-key-file": join(layout.pki, pkiFiles.serviceAccountKey),
    "root-ca-file": join(layout.pki, pkiFiles.ca),
    "use-service-account-credentials": "true",
    "leader-elect": "false",
    "allocate-node-cidrs": "true",
    "cluster-cidr": addresses.clusterPods,
    "flex-volume-plugin-dir": join(layout.state, "volume-plugins"),
    "kube-api-qps": "200",
    "kube-api-burst": "400",
  };
  return {
    name: "kube-controller-manager",
    command: [join(bin, "kube-controller-manager"), ...flagList(flags)],
    files: { [kubeconfig]: await kubeconfigFor(layout, apiAddress, tokens.controllerManager) },
  };
}

/** The scheduler. */
export async function scheduler(layout: Layout, bin: string, tokens: Tokens): Promise<Daemon> {
  const kubeconfig = join(layout.config, "scheduler.kubeconfig");
  return {
    name: "kube-scheduler",
    command: [join(bin, "kube-scheduler"), ...flagList({ kubeconfig, "leader-elect": "false" })],
    files: { [kubeconfig]: await kubeconfigFor(layout, apiAddress, tokens.scheduler) },
  };
}

function flagList(flags: Readonly<Record<string, string>>): string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}
