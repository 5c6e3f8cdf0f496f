/** Whether NetworkPolicies count in a cluster: off as made, since the CNI plugins here ignore them. */
import { join } from "node:path";
import { networkPolicyBinaries } from "./binaries.ts";
import { apiAddress } from "./control-plane.ts";
import { createTokens, kubeconfigFor } from "./credentials.ts";
import { type Daemon, ensureDaemon, lastLog, stopDaemon } from "./daemon.ts";
import { findUnwell } from "./health.ts";
import { addresses, nodeName, type Layout } from "./layout.ts";
import { inNamespace } from "./namespace.ts";
import { run } from "./run.ts";

const healthPort = 20_244;
const startSeconds = 60;

/** Returns when the cluster, which is up, holds packets to its NetworkPolicies; `down` ends that too. */
export async function enforceNetworkPolicies(layout: Layout): Promise<void> {
  const daemon = await kubeRouter(layout);
  await ensureDaemon(layout, daemon);
  const unwell = await findUnwell(
    layout,
    { [daemon.name]: `http://127.0.0.1:${healthPort}/healthz` },
    startSeconds,
  );
  if (unwell.length > 0)
    throw new Error(`not well after ${startSeconds} s: ${await lastLog(layout, daemon.name)}`);
}

/** Returns when every packet passes again. Its own way to clean up does not: it asks for IPVS, which may not be there. */
export async function ignoreNetworkPolicies(layout: Layout): Promise<void> {
  await stopDaemon(layout, (await kubeRouter(layout)).name);
  const inside = (command: readonly string[], input = ""): Promise<string> => {
    const [program, ...args] = inNamespace(layout.namespace, command);
    return run(program, args, { input });
  };
  const rules = await inside(["iptables-save", "--table", "filter"]);
  await inside(["iptables-restore", "--noflush"], withoutFirewall(rules));
  await inside(["ipset", "destroy"]); // nobody else here has any
}

/** What makes a filter table forget kube-router's chains, from what iptables-save says of it. */
export function withoutFirewall(rules: string): string {
  const chains = rules.match(/^:KUBE-(?:ROUTER|POD-FW|NWPLCY)-\S+/gm) ?? [];
  const names = chains.map((chain) => chain.slice(1));
  const jumps = rules
    .split("\n")
    .filter((rule) => /^-A (?:INPUT|FORWARD|OUTPUT) .*-j KUBE-ROUTER-/.test(rule))
    .map((rule) => rule.replace("-A", "-D"));
  const lines = [...jumps, ...names.map((name) => `-F ${name}`), ...names.map((name) => `-X ${name}`)];
  return `*filter\n${lines.join("\n")}\nCOMMIT\n`;
}

/** The firewall of kube-router, by iptables and ipsets, and nothing else of it. */
async function kubeRouter(layout: Layout): Promise<Daemon> {
  const kubeconfig = kubeconfigPath(layout);
  const { admin } = await createTokens(layout);
  return {
    name: "kube-router",
    command: [
      join(await networkPolicyBinaries(), "kube-router"),
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${nodeName}`,
      `--service-cluster-ip-range=${addresses.services}`,
      `--health-port=${healthPort}`,
      "--run-firewall=true",
      "--run-router=false",
      "--run-service-proxy=false",
      "--enable-cni=false",
    ],
    files: { [kubeconfig]: await kubeconfigFor(layout, apiAddress, admin) },
  };
}

function kubeconfigPath(layout: Layout): string {
  return join(layout.config, "kube-router.kubeconfig");
}
