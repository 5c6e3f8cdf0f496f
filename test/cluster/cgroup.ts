/** The cgroup that holds every process of a cluster: what is in it is the cluster's, whatever pid files say. */
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const hierarchies = "/sys/fs/cgroup";
/** What the kubelet asks for. */
const controllers = ["cpu", "cpuset", "hugetlb", "io", "memory", "pids"];

/** Makes the cluster's cgroup in every hierarchy, ready for the kubelet to put pods below it. */
export async function createCgroup(cgroup: string): Promise<void> {
  if (isUnified()) {
    const available = (await readFile(join(hierarchies, "cgroup.controllers"), "utf8")).trim().split(" ");
    const enable = available
      .filter((name) => controllers.includes(name))
      .map((name) => `+${name}`)
      .join(" ");
    await mkdir(join(hierarchies, cgroup), { recursive: true });
    for (const group of ["", cgroup])
      await writeFile(join(hierarchies, group, "cgroup.subtree_control"), enable);
  } else {
    for (const hierarchy of await separateHierarchies())
      await mkdir(join(hierarchy, cgroup), { recursive: true });
  }
  await mkdir(daemonGroup(cgroup), { recursive: true });
}

/** The file that a daemon writes its pid into to belong to the cluster. */
export function membershipFile(cgroup: string): string {
  return join(daemonGroup(cgroup), "cgroup.procs");
}

/** The pids of the daemons' cgroup, children of daemons with them. */
export function daemonPids(cgroup: string): Promise<Set<number>> {
  return pidsOf(daemonGroup(cgroup));
}

/** Kills every process of the cluster, pods with them, and waits until none is left; then removes its cgroups. */
export async function killAndRemove(cgroup: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const groups = (await Promise.all((await rootsOf(cgroup)).map(treeOf))).flat();
    if (groups.length === 0) return;
    const pids = (await Promise.all(groups.map(pidsOf))).flatMap((set) => [...set]);
    if (performance.now() > deadline)
      throw new Error(`cgroup ${cgroup} still has ${pids.join(", ") || "no process"}`);
    for (const pid of pids) await unlessGone(async () => process.kill(pid, "SIGKILL"), true);
    if (pids.length === 0) await removeAll(groups);
    await delay(20);
  }
}

/** Whether the machine has the one hierarchy of cgroup v2, rather than one a controller. */
function isUnified(): boolean {
  return existsSync(join(hierarchies, "cgroup.controllers"));
}

/** Of separate hierarchies, that of `pids` says what belongs to the cluster. */
function daemonGroup(cgroup: string): string {
  return join(hierarchies, isUnified() ? "" : "pids", cgroup, "daemons");
}

async function separateHierarchies(): Promise<string[]> {
  const entries = await readdir(hierarchies, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(hierarchies, name));
}

async function rootsOf(cgroup: string): Promise<string[]> {
  const parents = isUnified() ? [hierarchies] : await separateHierarchies();
  return parents.map((parent) => join(parent, cgroup)).filter((path) => existsSync(path));
}

/** A cgroup and those below it, deepest first. */
async function treeOf(group: string): Promise<string[]> {
  const entries = await unlessGone(() => readdir(group, { withFileTypes: true }), []);
  const below = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => treeOf(join(group, entry.name)));
  return [...(await Promise.all(below)).flat(), group];
}

async function pidsOf(group: string): Promise<Set<number>> {
  const list = await unlessGone(() => readFile(join(group, "cgroup.procs"), "utf8"), "");
  return new Set(list.split("\n").filter(Boolean).map(Number));
}

/** Removes cgroups without processes. One that got a new child meanwhile stays, for the next round. */
async function removeAll(groups: readonly string[]): Promise<void> {
  for (const group of groups) await unlessGone(() => rmdir(group), undefined, "EBUSY");
}

/** What `work` gives, or `otherwise` when a cgroup or process went away under it, or it failed with `alsoCode`. */
async function unlessGone<T>(work: () => Promise<T>, otherwise: T, alsoCode?: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (
      code === "ENOENT" ||
      code === "ENODEV" ||
      code === "ESRCH" ||
      (code !== undefined && code === alsoCode)
    )
      return otherwise;
    throw error;
  }
}
