/** A lock between processes that the kernel releases when its holder dies, so that it can never be stale. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/** Runs `work` while this process is the only one inside a lock on the file `path`, which is created and left there. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  // Node has no flock(2). The holder lives until our end of its pipe is closed, by us or by our death.
  const holder = spawn("flock", [path, "sh", "-c", "echo locked; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true, // an interrupt from the terminal must not release the lock before we stop
  });
  const exited = once(holder, "exit");
  const [first] = await Promise.race([once(holder.stdout, "data"), exited]);
  if (!Buffer.isBuffer(first)) throw new Error(`flock ${path} ended with status ${String(first)}`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await exited;
  }
}
