/** The cgroup that holds every process of a cluster: what is in it is the cluster's, whatever pid files say. */
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const hierarchies = "/sys/fs/cgroup";

/** Makes the cgroup for the cluster's daemons and gives the file that a process writes its pid into to join. */
export async function createDaemonGroup(cgroup: string): Promise<string> {
  const group = join(membershipRoot(), cgroup, "daemons");
  await mkdir(group, { recursive: true });
  return join(group, "cgroup.procs");
}

/** The pids of the daemons' cgroup, children of daemons with them. */
export function daemonPids(cgroup: string): Promise<Set<number>> {
  return pidsOf(join(membershipRoot(), cgroup, "daemons"));
}

/** Kills every process of the cluster, pods with them, and waits until none is left; then removes its cgroups. */
export async function killAndRemove(cgroup: string): Promise<void> {
  const roots = await rootsOf(cgroup);
  const deadline = performance.now() + 30_000;
  for (;;) {
    const groups = (await Promise.all(roots.map(treeOf))).flat();
    const pids = new Set((await Promise.all(groups.map(pidsOf))).flatMap((set) => [...set]));
    if (pids.size === 0) {
      for (const group of groups) await rmdir(group);
      return;
    }
    if (performance.now() > deadline) throw new Error(`processes ${[...pids].join(", ")} survive SIGKILL`);
    for (const pid of pids) kill(pid);
    await delay(20);
  }
}

/** The hierarchy that membership is read from: the only one, or with separate controllers the one of `pids`. */
function membershipRoot(): string {
  return existsSync(join(hierarchies, "cgroup.controllers")) ? hierarchies : join(hierarchies, "pids");
}

/** The cgroup in every hierarchy in which runc or we made it. */
async function rootsOf(cgroup: string): Promise<string[]> {
  const parents = [hierarchies, ...(await readdir(hierarchies)).map((name) => join(hierarchies, name))];
  return parents.map((parent) => join(parent, cgroup)).filter((path) => existsSync(path));
}

/** A cgroup and those below it, deepest first. */
async function treeOf(group: string): Promise<string[]> {
  const entries = await readdir(group, { withFileTypes: true });
  const below = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => treeOf(join(group, entry.name)));
  return [...(await Promise.all(below)).flat(), group];
}

async function pidsOf(group: string): Promise<Set<number>> {
  const file = join(group, "cgroup.procs");
  if (!existsSync(file)) return new Set();
  return new Set((await readFile(file, "utf8")).split("\n").filter(Boolean).map(Number));
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    const isGone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (!isGone) throw error;
  }
}
