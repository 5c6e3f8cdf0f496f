/** What the API server says about the node and the name server. */
import type { Layout } from "./layout.ts";
import { run } from "./run.ts";
import { kubectlBinary } from "./tools/kubectl.ts";

/** The parts that are not ready; all of them while the API server does not answer. */
export async function findUnready(layout: Layout): Promise<string[]> {
  const questions = {
    node: ["get", "node", "-o", 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'],
    dns: [
      "-n",
      "kube-system",
      "get",
      "deployment",
      "coredns",
      "-o",
      'jsonpath={.status.conditions[?(@.type=="Available")].status}',
    ],
  };
  const kubectl = await kubectlBinary();
  const isReady = async (args: string[]): Promise<boolean> => {
    try {
      return (
        (await run(kubectl, ["--kubeconfig", layout.kubeconfig, "--request-timeout=5s", ...args])) === "True"
      );
    } catch {
      return false; // not there yet, or nobody answers: not ready
    }
  };
  const answers = await Promise.all(
    Object.entries(questions).map(async ([name, args]) => ((await isReady(args)) ? [] : [name])),
  );
  return answers.flat();
}
