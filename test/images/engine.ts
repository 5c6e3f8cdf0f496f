/** A container engine of the tests' own: podman and buildah on a store and in a network namespace that no one else uses. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stateRoot } from "../cluster/layout.ts";
import { installPackages } from "../cluster/machine.ts";
import { unmountBelow } from "../cluster/mounts.ts";
import { createNamespace, deleteNamespace, inNamespace } from "../cluster/namespace.ts";
import { run } from "../cluster/run.ts";

/** An engine that runs. Containers with the network mode `host` share its namespace, which has no way out. */
export interface Engine {
  /** The address of its Docker API. */
  readonly host: string;
  /** Runs a command in the namespace, podman and buildah on the engine's store, and gives its stdout. */
  run(command: string, ...args: readonly string[]): Promise<string>;
  /** Ends the containers and leaves no process, mount, namespace or file behind. */
  stop(): Promise<void>;
}

interface Place {
  readonly name: string;
  readonly folder: string;
  readonly namespace: string;
  /** The files of its configuration. */
  readonly env: Readonly<
    Record<"CONTAINERS_CONF" | "CONTAINERS_STORAGE_CONF" | "CONTAINERS_REGISTRIES_CONF", string>
  >;
}

/** Why this machine cannot run the engine; undefined when it can. */
export function whyNoEngine(): string | undefined {
  if (process.platform !== "linux" || !existsSync("/usr/bin/dpkg"))
    return "podman and buildah are installed from Debian packages, and this is no Debian";
  return process.getuid?.() === 0 ? undefined : "the engine's namespace and mounts need root";
}

/** Starts the engine `name`, after removing what one of this name has left. Installs podman and buildah. */
export async function startEngine(name: string): Promise<Engine> {
  await installPackages();
  const place = placeOf(name);
  await remove(place);
  await configure(place);
  await createNamespace(name, place.namespace);
  const socket = join(place.folder, "podman.sock");
  const service = await startService(place, socket);
  return {
    host: `unix://${socket}`,
    run: (command, ...args) => runAt(place, command, ...args),
    stop: async () => {
      service.kill("SIGTERM");
      if (service.exitCode === null && service.signalCode === null) await once(service, "exit");
      await remove(place);
    },
  };
}

function placeOf(name: string): Place {
  const folder = join(stateRoot(process.env), name);
  const config = (kind: string): string => join(folder, `${kind}.conf`);
  const env = {
    CONTAINERS_CONF: config("containers"),
    CONTAINERS_STORAGE_CONF: config("storage"),
    CONTAINERS_REGISTRIES_CONF: config("registries"),
  };
  return { name, folder, namespace: `/run/netns/${name}`, env };
}

async function configure({ folder, env }: Place): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(
    env.CONTAINERS_STORAGE_CONF,
    `[storage]
driver = "overlay"
graphroot = "${join(folder, "store")}"
runroot = "${join(folder, "run")}"
`,
  );
  // runc rather than crun, which does not run beside separate cgroup hierarchies; limits below any hard limit.
  await writeFile(
    env.CONTAINERS_CONF,
    `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`,
  );
  // Nothing can be pulled: this says so at once instead of after a minute of attempts.
  await writeFile(
    env.CONTAINERS_REGISTRIES_CONF,
    `[[registry]]
prefix = "docker.io"
location = "docker.io"
blocked = true
`,
  );
}

async function startService(place: Place, socket: string): Promise<ChildProcess> {
  const log = await open(join(place.folder, "service.log"), "a");
  const service = ["podman", "system", "service", "--time=0", `unix://${socket}`];
  const [command, ...args] = inNamespace(place.namespace, service);
  const child = spawn(command, args, {
    stdio: ["ignore", log.fd, log.fd],
    env: { ...process.env, ...place.env },
  });
  await log.close();
  while (!existsSync(socket)) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`podman's service ended: see ${place.folder}/service.log`);
    await delay(20);
  }
  return child;
}

function runAt({ namespace, env }: Place, ...command: readonly string[]): Promise<string> {
  const [enter, ...args] = inNamespace(namespace, command);
  return run(enter, args, { env });
}

async function remove(place: Place): Promise<void> {
  if (existsSync(join(place.folder, "store"))) await runAt(place, "podman", "rm", "--all", "--force");
  await unmountBelow(place.folder);
  await deleteNamespace(place.name, place.namespace);
  await rm(place.folder, { recursive: true, force: true });
}
