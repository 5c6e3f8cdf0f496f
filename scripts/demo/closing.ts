/** What the demo says at its end: the result, and the commands to try by hand. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import { edgeFunction, ingressHost, workloadName } from "../../test/e2e/harness/auth-workload.ts";
import { repository } from "../images/base.ts";
import type { Result } from "./journey.ts";
import { shop, type Stage } from "./prepare.ts";
import type { Screen } from "./screen.ts";

/** True when nothing was lost and everything is as it was. */
export function isGood({ lost, unretriable, isRestored }: Result): boolean {
  return lost === 0 && unretriable === 0 && isRestored;
}

export function tellResult(screen: Screen, result: Result): void {
  const broken =
    result.unretriable === 0
      ? ""
      : `, ${result.unretriable} not idempotent and broken off after they were sent`;
  const restored = result.isRestored ? "equal their first state" : "DIFFER from their first state";
  screen.verdict(isGood(result), `${result.requests} requests, ${result.lost} lost${broken}`);
  screen.text(`Deployment, Service and Ingress ${restored}.`);
  for (const incident of result.incidents.slice(0, 10)) screen.text(`  ${incident}`);
}

/** Writes the EdgeFunction as a file and shows what to do with it. */
export async function tellCommands(screen: Screen, { cluster }: Stage): Promise<void> {
  const file = join(repository, "dist/demo/edge-function.yaml");
  await mkdir(join(repository, "dist/demo"), { recursive: true });
  await writeFile(file, stringify(edgeFunction(shop)));
  const { kubectl, kubeconfig, context } = cluster.access;
  screen.text(`
The cluster and Ebb stay up. By hand:

  alias k='${kubectl} --kubeconfig ${kubeconfig} --context ${context} -n ${shop}'
  curl -i -H 'Host: ${ingressHost(shop)}' ${new URL("/healthz", cluster.ingressOutside)}    # served-by: who answered
  k apply -f ${relative(process.cwd(), file)}
  k get edgefunctions --watch
  k wait --for=condition=Offloaded edgefunction/${workloadName}
  k patch edgefunction ${workloadName} --type=merge -p '{"spec":{"placement":"Cluster"}}'
  k delete edgefunction ${workloadName}

  npm run demo                 again, a few seconds to start
  npm run cluster -- down      removes the cluster`);
}
