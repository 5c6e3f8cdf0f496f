/** The command line: `up [--network-policies] | status | kubeconfig | load IMAGE.tar | down`, each with `--name NAME`. */
import { parseArgs } from "node:util";
import { down } from "./down.ts";
import { layoutOf } from "./layout.ts";
import { loadImage } from "./load.ts";
import { MachineError, requireLinuxRoot } from "./machine.ts";
import { chooseMaker } from "./maker.ts";
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
  if ((await chooseMaker()) === "k3s") return onK3s(values.name, command, archive);
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
  return misused();
}

async function onK3s(name: string, command = "", archive?: string): Promise<number> {
  const { isK3sUp, k3sLayout, startK3s, stopK3s } = await import("./k3s.ts");
  switch (command) {
    case "up":
      console.log(`k3s ${name} is up, its Ingresses answer at http://${(await startK3s(name)).address}`);
      return 0;
    case "status": {
      const isUp = await isK3sUp(name);
      console.log(`k3s ${name} is ${isUp ? "up" : "down"}`);
      return isUp ? 0 : 1;
    }
    case "kubeconfig":
      console.log(k3sLayout(name).kubeconfig);
      return 0;
    case "load":
      if (archive === undefined) break;
      await (await startK3s(name)).load(archive);
      return 0;
    case "down":
      await stopK3s(name);
      return 0;
  }
  return misused();
}

function misused(): number {
  console.error(usage);
  return 2;
}
