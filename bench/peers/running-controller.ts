/** A peer's controller that watches one namespace. */
import { once } from "node:events";
import type { Kubectl } from "../../test/e2e/harness/kubectl.ts";
import type { TestCluster } from "../../test/e2e/harness/test-cluster.ts";
import { type Usage, usageOf } from "../process-usage.ts";
import type { Controller } from "./controllers.ts";

export interface RunningController {
  usage(): Promise<Usage>;
  /** Ends it and removes its kinds, with all objects of them. */
  stop(): Promise<void>;
}

/** Its program reads KUBECONFIG, or is given it in place of `{kubeconfig}` in args. */
export async function startController(
  cluster: TestCluster,
  kubectl: Kubectl,
  { program, crds }: Controller,
  args: readonly string[],
): Promise<RunningController> {
  await kubectl.run(["apply", "--server-side", "-f", crds]);
  await kubectl.run(["wait", "--for=condition=Established", "-f", crds, "--timeout=1m"]);
  const child = cluster.inside("sh", ["-c", `exec "$0" ${args.join(" ")}`, program], { stdio: "ignore" });
  const exited = once(child, "exit");
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} did not start`);
  return {
    usage: () => usageOf([pid]),
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
      await kubectl.run(["delete", "-f", crds, "--timeout=2m"]);
    },
  };
}
