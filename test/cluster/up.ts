/** Brings a cluster up, or back to the state it should be in. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { withLock } from "../../scripts/lock.ts";
import { installAddons } from "./addons.ts";
import { apiAddress } from "./control-plane.ts";
import { createCgroup } from "./cgroup.ts";
import { createTokens, kubeconfigFor } from "./credentials.ts";
import { ensureDaemon, lastLog, type Daemon } from "./daemon.ts";
import { describeDaemons } from "./daemons.ts";
import { removeEverything } from "./down.ts";
import { ensureForwarder } from "./forwarder.ts";
import { findUnwell, healthAddresses } from "./health.ts";
import { corednsImage, pauseImage } from "./images.ts";
import type { Layout } from "./layout.ts";
import { installPackages } from "./machine.ts";
import { mountsBelow } from "./mounts.ts";
import { createNamespace } from "./namespace.ts";
import { cniConfigDir, kubeletRoot } from "./node.ts";
import { createPki } from "./pki.ts";
import { findUnready } from "./readiness.ts";
import { run } from "./run.ts";
import { writeWhole } from "./write-whole.ts";

const startSeconds = 90;

/**
 * Brings the cluster up: starts what does not run, restarts what is configured differently now, and returns when the
 * node and the name server are ready. Changes nothing when all is well. Callers wait for each other.
 */
export async function up(layout: Layout): Promise<void> {
  await installPackages();
  const [pause, coredns] = [await pauseImage(), await corednsImage()];
  await withLock(`${layout.state}.lock`, async () => {
    // A state without its namespace is from before the machine's last start.
    if (existsSync(layout.state) && !existsSync(layout.namespace)) await removeEverything(layout);
    await createFolders(layout);
    await createNamespace(layout.name, layout.namespace);
    await createCgroup(layout.cgroup);
    await createPki(layout.pki);
    const tokens = await createTokens(layout);
    const { api } = await ensureForwarder(layout);
    await writeWhole(
      layout.kubeconfig,
      await kubeconfigFor(layout, `https://127.0.0.1:${api}`, tokens.admin),
    );
    await writeWhole(layout.adminKubeconfig, await kubeconfigFor(layout, apiAddress, tokens.admin));
    const { foundation, rest } = await describeDaemons(layout, tokens, pause.name);
    for (const daemons of foundation) await startDaemons(layout, daemons);
    await installAddons(layout, { pause, coredns });
    await waitUntilReady(layout, [...foundation, rest]);
  });
}

async function createFolders(layout: Layout): Promise<void> {
  const kubelet = kubeletRoot(layout);
  await mkdir(layout.state, { recursive: true, mode: 0o700 });
  for (const dir of [layout.logs, layout.pids, cniConfigDir(layout), kubelet])
    await mkdir(dir, { recursive: true });
  if (!(await mountsBelow(kubelet)).includes(kubelet)) await run("mount", ["--bind", kubelet, kubelet]);
  await run("mount", ["--make-rshared", kubelet]);
}

async function startDaemons(layout: Layout, daemons: readonly Daemon[]): Promise<void> {
  const deaths: Promise<never>[] = [];
  for (const daemon of daemons) {
    const child = await ensureDaemon(layout, daemon);
    if (child !== undefined) deaths.push(failAtExit(layout, daemon.name, child));
  }
  if (deaths.length === 0) return;
  const names = daemons.map(({ name }) => name);
  process.stderr.write(`cluster ${layout.name}: starting ${names.join(", ")}\n`);
  const all = healthAddresses(layout);
  const addresses = Object.fromEntries(names.map((name) => [name, all[name] ?? ""]));
  const race = new AbortController();
  try {
    await Promise.race([requireWell(layout, addresses, race.signal), ...deaths]);
  } finally {
    race.abort();
  }
}

async function failAtExit(layout: Layout, name: string, child: ChildProcess): Promise<never> {
  const [status] = await once(child, "exit");
  throw new Error(`${name} ended with status ${status}:\n${await lastLog(layout, name)}`);
}

/** Returns when everything is ready, and starts what ends meanwhile: a loss elsewhere can end a daemon that was well. */
async function waitUntilReady(layout: Layout, groups: readonly (readonly Daemon[])[]): Promise<void> {
  const deadline = performance.now() + startSeconds * 1000;
  for (;;) {
    for (const daemons of groups) await startDaemons(layout, daemons);
    const unwell = await findUnwell(layout, healthAddresses(layout), 1);
    const unready = unwell.length > 0 ? unwell : await findUnready(layout);
    if (unready.length === 0) return;
    if (performance.now() > deadline) throw new Error(await reportOf(layout, unready));
    await delay(100);
  }
}

async function requireWell(
  layout: Layout,
  addresses: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const unwell = await findUnwell(layout, addresses, startSeconds, signal);
  if (unwell.length > 0) throw new Error(await reportOf(layout, unwell));
}

/** Who is not well, with the last lines of those that have a log. */
async function reportOf(layout: Layout, unready: readonly string[]): Promise<string> {
  const logged = unready.filter((name) => name in healthAddresses(layout));
  const logs = await Promise.all(logged.map(async (name) => `${name}:\n${await lastLog(layout, name)}`));
  return [`not ready after ${startSeconds} s: ${unready.join(", ")}`, ...logs].join("\n");
}
