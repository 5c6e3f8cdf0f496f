/** What a person would look at first when something does not happen. */
import type { Kubectl } from "./kubectl.ts";

/** State, events and logs of a namespace and of the operator, as text. A part that cannot be read says so. */
export async function diagnose(
  kubectl: Kubectl,
  namespace: string,
  operatorNamespace: string,
): Promise<string> {
  const show = async (title: string, ...args: string[]): Promise<string> => {
    const output = await kubectl.run(args).catch((error: Error) => `cannot be read: ${error.message}`);
    return `--- ${title}\n${output.trim()}`;
  };
  const parts = await Promise.all([
    show(
      "edge functions",
      "get",
      "edgefunctions",
      "-n",
      namespace,
      "-o",
      'jsonpath={range .items[*]}{.metadata.name}{" "}{.status}{"\\n"}{end}',
    ),
    show("objects", "get", "deployments,services,endpointslices,pods", "-n", namespace, "-o", "wide"),
    show("events", "get", "events", "-n", namespace, "--sort-by=.metadata.creationTimestamp"),
    show("operator", "get", "pods,leases", "-n", operatorNamespace, "-o", "wide"),
    show(
      "operator's log",
      "logs",
      "-n",
      operatorNamespace,
      "-l",
      "app.kubernetes.io/name=ebb-operator",
      "--tail=60",
      "--prefix",
    ),
    show(
      "gateway's log",
      "logs",
      "-n",
      namespace,
      "-l",
      "ebb.dev/component=gateway",
      "--tail=20",
      "--prefix",
    ),
    show("pool's log", "logs", "-n", namespace, "-l", "ebb.dev/component=pool", "--tail=20", "--prefix"),
  ]);
  return parts.join("\n");
}
