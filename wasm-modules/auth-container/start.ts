/** Starts the service as its own process on a free port of 127.0.0.1, for tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A running service; `exit` resolves to its exit code. */
export type Service = { url: string; process: ChildProcess; exit: Promise<number | null> };

/** Resolves when it listens; rejects with its last line when it ends before. */
export async function startService(env: Readonly<Record<string, string>>): Promise<Service> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("server.ts", import.meta.url))], {
    env: { PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit").then(([code]) => (typeof code === "number" ? code : null));
  let last = "";
  for await (const line of createInterface(child.stdout)) {
    last = line;
    const { msg, port } = JSON.parse(line) as { msg: string; port?: number };
    if (msg !== "listening") continue;
    child.stdout.resume();
    return { url: `http://127.0.0.1:${port}`, process: child, exit };
  }
  throw new Error(last);
}
