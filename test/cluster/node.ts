/** The node as daemons: containerd, the kubelet and kube-proxy. */
import { join } from "node:path";
import { kubeconfigFor, type Tokens } from "./credentials.ts";
import { apiAddress } from "./control-plane.ts";
import type { Daemon } from "./daemon.ts";
import { addresses, nodeName, type Layout } from "./layout.ts";
import { keyOf, pkiFiles } from "./pki.ts";

/** The kubelet's folder; it must be a mount of its own that propagates, for volumes inside pods. */
export function kubeletRoot(layout: Layout): string {
  return join(layout.state, "kubelet");
}

/** The folder from which containerd reads how pods are connected. */
export function cniConfigDir(layout: Layout): string {
  return join(layout.config, "cni");
}

/** The prefix of the names under which CNI remembers this cluster's pods outside the state folder. */
export function cniNetworkOf(layout: Layout): string {
  return `ebb-${layout.name}`;
}

/** The container runtime, with everything that it can be told to keep below the state folder. */
export function containerd(layout: Layout, bin: string, pauseImage: string): Daemon {
  const config = join(layout.config, "containerd.toml");
  return {
    name: "containerd",
    command: [join(bin, "containerd"), "--config", config],
    path: bin,
    files: {
      [config]: containerdConfig(layout, bin, pauseImage),
      [join(cniConfigDir(layout), "10-ebb.conflist")]: JSON.stringify(cniConfig(layout)),
    },
  };
}

/** The node agent. It lets in who shows a certificate of the cluster's CA or a token, as the API server decides. */
export async function kubelet(layout: Layout, bin: string, tokens: Tokens): Promise<Daemon> {
  const config = join(layout.config, "kubelet.json");
  const kubeconfig = join(layout.config, "kubelet.kubeconfig");
  const flags = [`--config=${config}`, `--kubeconfig=${kubeconfig}`, `--root-dir=${kubeletRoot(layout)}`];
  return {
    name: "kubelet",
    command: [
      join(bin, "kubelet"),
      ...flags,
      `--hostname-override=${nodeName}`,
      `--node-ip=${addresses.node}`,
    ],
    files: {
      [config]: JSON.stringify(kubeletConfig(layout)),
      [kubeconfig]: await kubeconfigFor(layout, apiAddress, tokens.kubelet),
    },
  };
}

/** What makes ClusterIPs work. */
export async function kubeProxy(layout: Layout, bin: string, tokens: Tokens): Promise<Daemon> {
  const config = join(layout.config, "kube-proxy.json");
  const kubeconfig = join(layout.config, "kube-proxy.kubeconfig");
  const content = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    clientConnection: { kubeconfig },
    clusterCIDR: addresses.clusterPods,
    hostnameOverride: nodeName,
    bindAddress: addresses.node,
    healthzBindAddress: "127.0.0.1:10256",
    // Zero leaves the kernel's limits, which belong to the whole machine, alone.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  };
  return {
    name: "kube-proxy",
    command: [join(bin, "kube-proxy"), `--config=${config}`],
    files: {
      [config]: JSON.stringify(content),
      [kubeconfig]: await kubeconfigFor(layout, apiAddress, tokens.proxy),
    },
  };
}

function containerdConfig(layout: Layout, bin: string, pauseImage: string): string {
  return `version = 3
root = "${join(layout.state, "containerd", "root")}"
state = "${join(layout.state, "containerd", "state")}"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = "${layout.containerdSocket}"
[plugins.'io.containerd.internal.v1.opt']
  path = "${join(layout.state, "containerd", "opt")}"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = '${join(bin, "runc")}'
  Root = '${join(layout.state, "containerd", "runc")}'
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ['${bin}']
  conf_dir = '${cniConfigDir(layout)}'
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '${pauseImage}'
`;
}

function cniConfig(layout: Layout): object {
  const ipam = {
    type: "host-local",
    ranges: [[{ subnet: addresses.nodePods }]],
    routes: [{ dst: "0.0.0.0/0" }],
    dataDir: join(layout.state, "cni"),
  };
  const bridge = { type: "bridge", bridge: "cni0", isGateway: true, ipMasq: false, hairpinMode: true, ipam };
  return {
    cniVersion: "1.0.0",
    name: cniNetworkOf(layout),
    plugins: [bridge, { type: "portmap", capabilities: { portMappings: true } }],
  };
}

function kubeletConfig(layout: Layout): object {
  const pki = (file: string): string => join(layout.pki, file);
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki(pkiFiles.ca) },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: pki(pkiFiles.kubelet),
    tlsPrivateKeyFile: pki(keyOf(pkiFiles.kubelet)),
    containerRuntimeEndpoint: `unix://${layout.containerdSocket}`,
    clusterDNS: [addresses.dnsService],
    clusterDomain: "cluster.local",
    resolvConf: "/dev/null",
    podLogsDir: join(layout.state, "pod-logs"),
    volumePluginDir: join(layout.state, "volume-plugins"),
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${layout.cgroup}`,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    maxPods: 250,
    serializeImagePulls: false,
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      "memory.available": "100Mi",
      "nodefs.available": "1%",
      "nodefs.inodesFree": "1%",
      "imagefs.available": "1%",
      "imagefs.inodesFree": "1%",
    },
  };
}
