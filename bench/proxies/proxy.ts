/** A program that answers HTTP while it is measured. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { type Usage, usageOf } from "../process-usage.ts";

export interface Proxy {
  readonly url: string;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Answers 200 when the program is ready. */
  readonly url: string;
}

/** Milliseconds within which it must answer. */
const patience = 30_000;

/** Returns when the program answers. */
export async function startProxy({ command, args, env = {}, url }: Program): Promise<Proxy> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  try {
    await Promise.race([
      answers(url),
      exited.then(() => Promise.reject(new Error(`${command} has ended: ${output.join("")}`))),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, usage: () => usageOf([pidOf(child)]), stop };
}

async function answers(url: string): Promise<void> {
  for (const until = performance.now() + patience; performance.now() < until; await delay(2)) {
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok === true) return;
  }
  throw new Error(`${url} does not answer`);
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error("the program did not start");
  return pid;
}
