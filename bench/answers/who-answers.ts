/** Follows who answers a Service's callers. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestCluster } from "../../test/e2e/harness/test-cluster.ts";

/** Milliseconds between two requests, unless given. */
const usualInterval = 20;

/** A change: from this time on, milliseconds since the epoch, answers came from `by`. */
interface Change {
  readonly time: number;
  readonly by: string;
}

export class WhoAnswers {
  readonly #child: ChildProcess;
  readonly #changes: Change[] = [];

  /** Asks a ClusterIP's URL from inside the cluster. */
  constructor(cluster: TestCluster, url: string, intervalMs = usualInterval) {
    const script = join(import.meta.dirname, "main.ts");
    this.#child = cluster.inside(process.execPath, [script, url, String(intervalMs)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    if (this.#child.stdout === null) throw new Error("the process has no output");
    createInterface({ input: this.#child.stdout }).on("line", (line) =>
      this.#changes.push(JSON.parse(line) as Change),
    );
  }

  /** Since when only `by` has answered; undefined while another one does, or nobody has yet. */
  since(by: string): number | undefined {
    const last = this.#changes.at(-1);
    return last?.by === by ? last.time : undefined;
  }

  /** When `by` was first seen after a time; undefined when it was not. */
  firstAfter(by: string, time: number): number | undefined {
    return this.#changes.find((change) => change.by === by && change.time >= time)?.time;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exited;
  }
}
