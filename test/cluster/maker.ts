/** Who makes the cluster: this machine, a container engine, or nobody because there is one. */
import { existsSync } from "node:fs";
import { MachineError, requireLinuxRoot } from "./machine.ts";

const makers = ["local", "k3s", "kubeconfig"] as const;

/** `local`: processes of this machine; `k3s`: a container; `kubeconfig`: an existing cluster. */
export type Maker = (typeof makers)[number];

/** What stands in the way of each; undefined when nothing does. */
export interface Obstacles {
  local(): string | undefined;
  k3s(): Promise<string | undefined>;
}

/**
 * EBB_CLUSTER when it is set; else `local`, or `k3s` where only a container engine can carry a cluster.
 * Throws a MachineError with both reasons when none can.
 */
export async function chooseMaker(
  env: NodeJS.ProcessEnv = process.env,
  obstacles: Obstacles = { local: whyNotLocal, k3s: whyNotK3s },
): Promise<Maker> {
  const asked = env["EBB_CLUSTER"];
  if (asked !== undefined) return parseMaker(asked);
  const local = obstacles.local();
  if (local === undefined) return "local";
  const k3s = await obstacles.k3s();
  if (k3s === undefined) return "k3s";
  throw new MachineError(`${local} A cluster in a container is not possible either: ${k3s}.`);
}

function parseMaker(asked: string): Maker {
  const maker = makers.find((each) => each === asked);
  if (maker !== undefined) return maker;
  throw new MachineError(`EBB_CLUSTER can only be ${makers.join(", ")}, not "${asked}".`);
}

function whyNotLocal(): string | undefined {
  try {
    requireLinuxRoot();
  } catch (error) {
    if (error instanceof MachineError) return error.message;
    throw error;
  }
  if (existsSync("/usr/bin/dpkg-query")) return undefined;
  return "The local cluster needs Debian 12 or newer for its packages: run this there, or name an existing cluster with EBB_CLUSTER=kubeconfig and EBB_CONTEXT.";
}

/** What asks container engines is loaded only here: it takes longer than all the rest of a command. */
async function whyNotK3s(): Promise<string | undefined> {
  return (await import("./k3s.ts")).whyNoK3s();
}
