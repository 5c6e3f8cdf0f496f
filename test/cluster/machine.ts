/** What a machine must be to carry the cluster. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

/** A failure that a person can mend, told in one sentence with the way out. */
export class MachineError extends Error {}

/** Throws a MachineError when this machine cannot carry the cluster. */
export function requireLinuxRoot(platform = process.platform, uid = process.getuid?.()): void {
  const otherwise = "or name an existing cluster with EBB_CLUSTER=kubeconfig and EBB_CONTEXT";
  if (platform !== "linux") {
    throw new MachineError(
      `The local cluster needs Linux: run this in a Linux virtual machine, ${otherwise}.`,
    );
  }
  if (uid !== 0) {
    throw new MachineError(
      `The local cluster needs root for its namespaces and mounts: run this as root, ${otherwise}.`,
    );
  }
}

/** Installs those Debian packages that are missing; the cluster's own, in packages.txt, unless given. */
export async function installPackages(names?: readonly string[]): Promise<void> {
  const wanted = names ?? (await clusterPackages());
  const missing = missingPackages(wanted, await installedPackages());
  if (missing.length === 0) return;
  process.stderr.write(`packages: installing ${missing.join(", ")}\n`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-q"], { env });
  await run("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...missing], { env });
}

async function clusterPackages(): Promise<string[]> {
  return (await readFile(join(import.meta.dirname, "packages.txt"), "utf8")).trim().split("\n");
}

/** Those of `wanted` that are not in dpkg's list of `package status` lines. */
export function missingPackages(wanted: readonly string[], dpkgList: string): string[] {
  const installed = new Set(dpkgList.split("\n"));
  return wanted.filter((name) => !installed.has(`${name} installed`));
}

async function installedPackages(): Promise<string> {
  try {
    return await run("dpkg-query", ["--show", "--showformat", "${Package} ${db:Status-Status}\\n"]);
  } catch (error) {
    const way = "or name an existing cluster with EBB_CLUSTER=kubeconfig and EBB_CONTEXT";
    throw new MachineError(
      `The local cluster needs Debian 12 or newer for its packages: run this there, ${way}.`,
      { cause: error },
    );
  }
}
