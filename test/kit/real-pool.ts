/** The pool as it runs in its pod, as a process on a loopback address. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildEdge } from "../../edge/build.ts";
import { ports } from "../../operator/api/v1alpha1/names.ts";
import { listening, workerdBinary } from "./workerd-process.ts";

export interface RealPoolOptions {
  /** A loopback address of its own; the ports are the real ones. */
  readonly address: string;
  readonly tls: {
    readonly server: { readonly certificate: string; readonly key: string };
    readonly clientAuthority: { readonly certificate: string };
  };
  readonly drainSeconds?: number;
  readonly capSeconds?: number;
  readonly steadySeconds?: number;
  /** Lets functions reach servers on loopback, which the pool denies them. */
  readonly reachesLoopback?: boolean;
  /** File of the authorities whose servers functions trust. */
  readonly trusted?: string;
}

export interface RealPool {
  readonly address: string;
  readonly pid: number;
  /** What the process wrote so far. */
  output(): string;
  /** Resolves when the process has ended by itself. */
  ended(): Promise<void>;
  /** Ends the process as the kernel does when memory is short, and starts it on the same disk. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRealPool(options: RealPoolOptions): Promise<RealPool> {
  const root = await mkdtemp(join(tmpdir(), "ebb-pool-"));
  await mkdir(join(root, "data"));
  await mkdir(join(root, "state"));
  await buildEdge(join(root, "edge"));
  if (options.reachesLoopback === true) await allowLoopback(join(root, "edge", "config.capnp"));
  await writeCertificates(join(root, "tls"), options.tls);
  const output: string[] = [];
  let child = await start(root, options, output);
  const ended = async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  const end = async () => {
    child.kill("SIGKILL");
    await ended();
  };
  return {
    address: options.address,
    get pid() {
      return child.pid ?? 0;
    },
    output: () => output.join(""),
    ended,
    crash: async () => {
      await end();
      child = await start(root, options, output);
    },
    stop: async () => {
      await end();
      await rm(root, { recursive: true });
    },
  };
}

async function allowLoopback(config: string): Promise<void> {
  const text = await readFile(config, "utf8");
  const changed = text.replace('deny = ["local", ', "deny = [");
  if (changed === text) throw new Error("the configuration does not deny loopback as it did");
  await writeFile(config, changed);
}

/** In the layout of a mounted Secret: every file is a link through `..data`. */
async function writeCertificates(folder: string, tls: RealPoolOptions["tls"]): Promise<void> {
  await mkdir(join(folder, "..2026"), { recursive: true });
  await symlink("..2026", join(folder, "..data"));
  const files = {
    "tls.crt": tls.server.certificate,
    "tls.key": tls.server.key,
    "client-ca.crt": tls.clientAuthority.certificate,
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, "..2026", name), content);
    await symlink(join("..data", name), join(folder, name));
  }
}

async function start(root: string, options: RealPoolOptions, output: string[]): Promise<ChildProcess> {
  const sockets = { http: ports.poolHttp, admin: ports.poolAdmin, probe: ports.poolProbe };
  const child = spawn(
    workerdBinary(),
    [
      "serve",
      "--experimental",
      join(root, "edge", "config.capnp"),
      `--directory-path=data=${join(root, "data")}`,
      `--directory-path=state=${join(root, "state")}`,
      ...Object.entries(sockets).map(([name, port]) => `--socket-addr=${name}=${options.address}:${port}`),
      "--control-fd=3",
    ],
    {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: {
        ...(options.drainSeconds === undefined ? {} : { EBB_DRAIN_SECONDS: String(options.drainSeconds) }),
        // No kubelet probes it unless the test does: every end counts.
        EBB_STEADY_SECONDS: String(options.steadySeconds ?? 0),
        ...(options.capSeconds === undefined ? {} : { EBB_CAP_SECONDS: String(options.capSeconds) }),
        ...(options.trusted === undefined ? {} : { SSL_CERT_FILE: options.trusted }),
      },
    },
  );
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  await listening(child, Object.keys(sockets).length, output);
  return child;
}
