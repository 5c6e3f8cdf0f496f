/** How long a container takes from nothing to its first answer, without Kubernetes around it. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { nodeBinaries } from "../../test/cluster/binaries.ts";
import { layoutOf } from "../../test/cluster/layout.ts";
import type { TestCluster } from "../../test/e2e/harness/test-cluster.ts";
import { WhoAnswers } from "../answers/who-answers.ts";
import { clusterName } from "../cluster/name.ts";

const url = "http://127.0.0.1:8080/healthz";
const name = "container";
const patience = 60_000;

/**
 * Milliseconds from starting the image by containerd to the first answer, one a run. The image is there and has been
 * unpacked; the container shares the node's network, so that no interface has to be made. Requires: the local cluster.
 */
export async function containerStarts(cluster: TestCluster, image: string, runs: number): Promise<number[]> {
  const ctr = join(await nodeBinaries(), "ctr");
  const { containerdSocket } = layoutOf(clusterName);
  const client = ["--address", containerdSocket, "--namespace", "k8s.io"];
  const answers = new WhoAnswers(cluster, url, 2);
  const times: number[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      const id = `bench-start-${run}`;
      const started = Date.now();
      const env = [
        "--env",
        `SERVED_BY=${name}`,
        "--env",
        "AUTH_KEY=a-key-for-a-measurement-that-is-no-secret",
      ];
      const child = cluster.inside(ctr, [...client, "run", "--rm", "--net-host", ...env, image, id], {
        stdio: "ignore",
      });
      times.push((await firstAnswer(answers, started)) - started);
      await end(child, cluster, [ctr, ...client, "task", "kill", "--signal", "SIGKILL", id]);
      await quiet(answers);
    }
  } finally {
    await answers.stop();
  }
  return times;
}

async function firstAnswer(answers: WhoAnswers, started: number): Promise<number> {
  for (const until = Date.now() + patience; Date.now() < until; await delay(5)) {
    const first = answers.firstAfter(name, started);
    if (first !== undefined) return first;
  }
  throw new Error("the container does not answer");
}

async function end(
  running: ChildProcess,
  cluster: TestCluster,
  [command, ...args]: [string, ...string[]],
): Promise<void> {
  const exited = once(running, "exit");
  cluster.inside(command, args, { stdio: "ignore" });
  await exited;
}

/** Returns when nobody answers any more. */
async function quiet(answers: WhoAnswers): Promise<void> {
  for (const until = Date.now() + patience; Date.now() < until; await delay(5))
    if (answers.since(name) === undefined) return;
  throw new Error("the container does not end");
}
