/** Where each daemon says that it is well, and who asks. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { apiAddress, etcdAddress } from "./control-plane.ts";
import { ingressOpsAddress } from "./ingress.ts";
import type { Layout } from "./layout.ts";
import { inNamespace } from "./namespace.ts";
import { run } from "./run.ts";

/** The addresses inside the namespace, by the daemon's name. */
export function healthAddresses(layout: Layout): Readonly<Record<string, string>> {
  return {
    etcd: `${etcdAddress}/health`,
    containerd: `unix:${layout.containerdSocket}`,
    "kube-apiserver": `${apiAddress}/readyz`,
    "kube-controller-manager": "https://127.0.0.1:10257/healthz",
    "kube-scheduler": "https://127.0.0.1:10259/healthz",
    kubelet: "http://127.0.0.1:10248/healthz",
    "kube-proxy": "http://127.0.0.1:10256/healthz",
    traefik: `http://${ingressOpsAddress}/ping`,
  };
}

/** Asks every address until all are well or `seconds` are over. Gives the names of those that are not. */
export async function findUnwell(
  layout: Layout,
  addresses: Readonly<Record<string, string>>,
  seconds: number,
  signal?: AbortSignal,
): Promise<string[]> {
  const names = Object.keys(addresses);
  if (!existsSync(layout.namespace)) return names;
  const script = [process.execPath, join(import.meta.dirname, "probe.ts"), `${seconds}`];
  const [command, ...args] = inNamespace(layout.namespace, [...script, ...Object.values(addresses)]);
  const seen = JSON.parse(await run(command, args, signal === undefined ? {} : { signal })) as boolean[];
  return names.filter((_, index) => seen[index] !== true);
}
