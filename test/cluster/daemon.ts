/** Long-running programs of a cluster: in its namespace and cgroup, detached from us, with a log and a pid file. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { daemonPids, membershipFile } from "./cgroup.ts";
import type { Layout } from "./layout.ts";
import { inNamespace } from "./namespace.ts";

/** The same for every caller, so that it does not matter who started a daemon. */
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What runs. */
export interface Daemon {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Files that it reads at its start, by path; a daemon whose files or command changed is restarted. */
  readonly files?: Readonly<Record<string, string>>;
  /** A folder to search for programs before the system's. */
  readonly path?: string;
}

/** Starts the daemon unless it runs as described. Gives the new process, or undefined when it ran. */
export async function ensureDaemon(layout: Layout, daemon: Daemon): Promise<ChildProcess | undefined> {
  const digest = digestOf(daemon);
  const running = await findDaemon(layout, daemon.name);
  if (running?.digest === digest) return undefined;
  if (running !== undefined) await stop(layout, running.pid);
  for (const [path, content] of Object.entries(daemon.files ?? {}))
    await writeFile(path, content, { mode: 0o600 });
  return start(layout, daemon, digest, "ignore");
}

/** Starts a daemon that is a Node program and gets its sockets from us by messages. */
export async function startWithChannel(layout: Layout, daemon: Daemon): Promise<ChildProcess> {
  return start(layout, daemon, digestOf(daemon), "ipc");
}

/** Ends the daemon if it runs. */
export async function stopDaemon(layout: Layout, name: string): Promise<void> {
  const running = await findDaemon(layout, name);
  if (running !== undefined) await stop(layout, running.pid);
}

/** The pid of the daemon and the digest of what it was started as; undefined when it is not alive. */
export async function findDaemon(
  layout: Layout,
  name: string,
): Promise<{ pid: number; digest: string } | undefined> {
  const file = pidFile(layout, name);
  if (!existsSync(file)) return undefined;
  const [pid, digest] = (await readFile(file, "utf8")).split(" ");
  // The number may belong to a stranger by now: only a member of our cgroup is our daemon.
  const isAlive = (await daemonPids(layout.cgroup)).has(Number(pid));
  return isAlive && digest !== undefined ? { pid: Number(pid), digest } : undefined;
}

/** The last lines of the daemon's log. */
export async function lastLog(layout: Layout, name: string): Promise<string> {
  const log = await readFile(logFile(layout, name), "utf8");
  return log.trimEnd().split("\n").slice(-15).join("\n");
}

async function start(
  layout: Layout,
  daemon: Daemon,
  digest: string,
  channel: "ignore" | "ipc",
): Promise<ChildProcess> {
  const log = await open(logFile(layout, daemon.name), "a");
  try {
    // It joins and leaves its number itself, so that no daemon is without, even if we are killed meanwhile.
    const register = `echo $$ >"$0" && printf '%s ${digest}' $$ >"$1" && shift && exec "$@"`;
    const places = [membershipFile(layout.cgroup), pidFile(layout, daemon.name)];
    const command = inNamespace(layout.namespace, daemon.command);
    const child = spawn("sh", ["-c", register, ...places, ...command], {
      stdio: ["ignore", log.fd, log.fd, channel],
      env: { PATH: [daemon.path, systemPath].filter(Boolean).join(":") },
      cwd: layout.state,
      detached: true,
    });
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

async function stop(layout: Layout, pid: number): Promise<void> {
  process.kill(pid, "SIGTERM");
  const deadline = performance.now() + 15_000;
  while ((await daemonPids(layout.cgroup)).has(pid)) {
    if (performance.now() > deadline) process.kill(pid, "SIGKILL");
    await delay(20);
  }
}

function digestOf({ command, files = {}, path = "" }: Daemon): string {
  return createHash("sha256")
    .update(JSON.stringify([command, files, path]))
    .digest("hex")
    .slice(0, 16);
}

function pidFile(layout: Layout, name: string): string {
  return join(layout.pids, name);
}

function logFile(layout: Layout, name: string): string {
  return join(layout.logs, `${name}.log`);
}
