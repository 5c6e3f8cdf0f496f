/** The command line: `up [--network-policies] | status | kubeconfig | load IMAGE.tar | down`, each with `--name NAME`. */
import { parseArgs } from "node:util";
import { down } from "./down.ts";
import { layoutOf } from "./layout.ts";
import { loadImage } from "./load.ts";
import { MachineError, requireLinuxRoot } from "./machine.ts";
import { enforceNetworkPolicies } from "./network-policies.ts";
import { statusOf } from "./status.ts";
import { up } from "./up.ts";

const usage =
  "usage: cluster up [--network-policies] | status | kubeconfig | load IMAGE.tar | down  [--name NAME]";

try {
  process.exitCode = await main();
} catch (error) {
  const isTold = error instanceof MachineError;
  console.error(isTold ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      name: { type: "string", default: "ebb" },
      "network-policies": { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  const layout = layoutOf(values.name);
  const [command, archive] = positionals;
  requireLinuxRoot();
  switch (command) {
    case "up":
      await up(layout);
      if (values["network-policies"]) await enforceNetworkPolicies(layout);
      console.log((await statusOf(layout)).lines.join("\n"));
      return 0;
    case "status": {
      const { lines, isUp } = await statusOf(layout);
      console.log(lines.join("\n"));
      return isUp ? 0 : 1;
    }
    case "kubeconfig":
      console.log(layout.kubeconfig);
      return 0;
    case "load":
      if (archive === undefined) break;
      await loadImage(layout, archive);
      return 0;
    case "down":
      await down(layout);
      return 0;
  }
  console.error(usage);
  return 2;
}
