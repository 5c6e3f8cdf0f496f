/** The network namespace of a cluster. It has a bridge and no way out. */
import { existsSync } from "node:fs";
import { addresses } from "./layout.ts";
import { run } from "./run.ts";

/** The command that runs `command` inside the namespace. Not `ip netns exec`, which hides the cgroups. */
export function inNamespace(namespace: string, command: readonly string[]): [string, ...string[]] {
  return ["nsenter", `--net=${namespace}`, "--", ...command];
}

/** Makes the namespace with its node address when it is not there, or anew when it was left half made. */
export async function createNamespace(name: string, namespace: string): Promise<void> {
  if (existsSync(namespace)) {
    if (await isComplete(name)) return;
    await deleteNamespace(name, namespace);
  }
  await run("ip", ["netns", "add", name]);
  const settings = ["ip_forward", "conf/all/route_localnet"].map(
    (key) => `echo 1 >/proc/sys/net/ipv4/${key}`,
  );
  const [command, ...args] = inNamespace(namespace, ["sh", "-ec", settings.join("\n")]);
  await run(command, args);
  const commands = [
    "link set lo up",
    "link add node0 type bridge",
    `address add ${addresses.node}/24 dev node0`,
    "link set node0 up",
    `route add default via ${addresses.nowhere} dev node0`,
  ];
  await run("ip", ["-netns", name, "-batch", "-"], { input: commands.join("\n") });
}

/** Whether the namespace has what it is given last. */
async function isComplete(name: string): Promise<boolean> {
  return (await run("ip", ["-netns", name, "route", "show", "default"])) !== "";
}

/** Removes the namespace; nothing may run in it any more. */
export async function deleteNamespace(name: string, namespace: string): Promise<void> {
  if (existsSync(namespace)) await run("ip", ["netns", "delete", name]);
}
