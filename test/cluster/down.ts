/** Removes a cluster, in whatever state it is. */
import { existsSync } from "node:fs";
import { readdir, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "../../scripts/lock.ts";
import { killAndRemove } from "./cgroup.ts";
import type { Layout } from "./layout.ts";
import { mountsBelow, unmountBelow } from "./mounts.ts";
import { deleteNamespace } from "./namespace.ts";
import { cniNetworkOf } from "./node.ts";

/** Leaves no process, mount, namespace, cgroup or file of the cluster behind. */
export async function down(layout: Layout): Promise<void> {
  await withLock(`${layout.state}.lock`, () => removeEverything(layout));
}

/** The same for a caller that holds the cluster's lock. */
export async function removeEverything(layout: Layout): Promise<void> {
  const strays = [
    ...(await shimSockets(layout)),
    ...(await podLogLinks(layout)),
    ...(await cniResults(layout)),
  ];
  await killAndRemove(layout.cgroup);
  await unmountBelow(layout.state);
  await deleteNamespace(layout.name, layout.namespace);
  for (const stray of strays) await rm(stray, { force: true });
  const mounts = await mountsBelow(layout.state);
  if (mounts.length > 0) throw new Error(`still mounted, so nothing is deleted: ${mounts.join(", ")}`);
  await rm(layout.state, { recursive: true, force: true });
}

/** The sockets that containerd's shims listen on, which a killed shim leaves. */
async function shimSockets(layout: Layout): Promise<string[]> {
  const bundles = join(layout.state, "containerd", "state", "io.containerd.runtime.v2.task", "k8s.io");
  const files = (await entriesOf(bundles))
    .map((id) => join(bundles, id, "bootstrap.json"))
    .filter(existsSync);
  const addresses = files.map(async (file) => {
    const { address } = JSON.parse(await readFile(file, "utf8")) as { address: string };
    return address.replace("unix://", "");
  });
  return Promise.all(addresses);
}

/** The links to pods' logs, which the kubelet makes in one place for all clusters. */
async function podLogLinks(layout: Layout): Promise<string[]> {
  const folder = "/var/log/containers";
  const links = (await entriesOf(folder)).map((name) => join(folder, name));
  const targets = await Promise.all(links.map((link) => readlink(link)));
  return links.filter((_, index) => targets[index]?.startsWith(`${layout.state}/`));
}

/** What CNI remembers of pods that were not taken down in order. */
async function cniResults(layout: Layout): Promise<string[]> {
  const folder = "/var/lib/cni/results";
  const prefix = `${cniNetworkOf(layout)}-`;
  return (await entriesOf(folder))
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(folder, name));
}

async function entriesOf(folder: string): Promise<string[]> {
  return existsSync(folder) ? readdir(folder) : [];
}
