/** `npm run demo [-- --down]`: watch a Deployment go to the edge and come home on a real Kubernetes, with traffic on it. */
import { parseArgs } from "node:util";
import { down } from "../test/cluster/down.ts";
import { layoutOf } from "../test/cluster/layout.ts";
import { MachineError } from "../test/cluster/machine.ts";
import { Kubectl } from "../test/e2e/harness/kubectl.ts";
import { proberNamespace } from "../test/e2e/harness/prober-pair.ts";
import type { RunningProber } from "../test/e2e/harness/probers.ts";
import { type TestCluster, uninstallEbb } from "../test/e2e/harness/test-cluster.ts";
import { isGood, tellCommands, tellResult } from "./demo/closing.ts";
import { play } from "./demo/journey.ts";
import { prepare, shop } from "./demo/prepare.ts";
import { Screen } from "./demo/screen.ts";

const screen = new Screen(process.stdout, process.env);

try {
  const { values } = parseArgs({ options: { down: { type: "boolean", default: false } } });
  process.exitCode = (await demo(values.down)) ? 0 : 1;
} catch (error) {
  screen.verdict(
    false,
    error instanceof MachineError ? error.message : `The demo did not come to its end: ${String(error)}`,
  );
  process.exitCode = 1;
}

async function demo(takeDown: boolean): Promise<boolean> {
  screen.title("Ebb: a Deployment goes to the edge and comes home, with traffic on it");
  const stage = await prepare(screen);
  const probers: RunningProber[] = [];
  const playing = new AbortController();
  const interrupt = (): void =>
    playing.abort(new Error("interrupted; run it again, it goes on from what is there"));
  process.once("SIGINT", interrupt);
  try {
    const result = await play(stage, screen, probers, playing.signal);
    tellResult(screen, result);
    if (!takeDown) await tellCommands(screen, stage);
    return isGood(result);
  } finally {
    playing.abort();
    process.off("SIGINT", interrupt);
    for (const prober of probers) await prober.remove();
    if (takeDown) await removeAll(stage.cluster);
  }
}

async function removeAll(cluster: TestCluster): Promise<void> {
  if (process.env["EBB_CLUSTER"] === undefined) {
    screen.step("cluster", "taking it down");
    await down(layoutOf("ebb"));
    return;
  }
  screen.step("cluster", "taking Ebb and the workload out of it");
  await uninstallEbb(cluster);
  await new Kubectl(cluster.access).run([
    "delete",
    "namespace",
    shop,
    proberNamespace(shop),
    "--ignore-not-found",
  ]);
}
