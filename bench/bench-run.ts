/** What the rows of one run share: the cluster, and the tidying up after each of them. */
import { existsSync } from "node:fs";
import { clusterForTests } from "../test/e2e/harness/test-cluster.ts";
import { type EbbOnCluster, ebbOnCluster } from "../test/e2e/harness/ebb-on-cluster.ts";
import { type Cluster, localCluster, resolveCluster } from "../test/cluster/cluster.ts";
import { clusterName } from "./cluster/name.ts";
import { down } from "../test/cluster/down.ts";
import { layoutOf } from "../test/cluster/layout.ts";
import type { Bench, Figure, Row } from "./row.ts";

export class BenchRun {
  readonly #layout = layoutOf(clusterName);
  readonly #wasUp = existsSync(this.#layout.state);
  #cluster: Promise<EbbOnCluster> | undefined;

  /** Errors: those of the row, and those of what it registered to undo. */
  async measure(row: Row): Promise<readonly Figure[]> {
    const undo: (() => Promise<void>)[] = [];
    const bench: Bench = {
      cluster: () => (this.#cluster ??= this.#bringUp()),
      log: (line) => console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`),
      defer: (work) => void undo.unshift(work),
    };
    try {
      return await row.measure(bench);
    } finally {
      for (const work of undo) await work();
    }
  }

  /** Takes the cluster down, when this run has brought it up. */
  async close(): Promise<void> {
    if (this.#cluster !== undefined && !this.#wasUp && isOurs()) await down(this.#layout);
  }

  async #bringUp(): Promise<EbbOnCluster> {
    const cluster: Cluster = isOurs() ? await localCluster(clusterName) : await resolveCluster();
    return ebbOnCluster(await clusterForTests(cluster));
  }
}

/** Not one that the environment names. */
function isOurs(): boolean {
  return process.env["EBB_CLUSTER"] === undefined;
}
