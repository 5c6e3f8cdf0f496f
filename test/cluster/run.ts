/** Commands that run to their end. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** Where a command runs and what it reads; `env` is added to this process's own. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Ends the command when it fires. */
  readonly signal?: AbortSignal;
}

/** Runs a command and gives its stdout. Throws with the command and its stderr when it does not exit with 0. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  child.stdin.on("error", () => child.stdin.destroy()); // it ended without reading; its status says the rest
  child.stdin.end(options.input);
  const status = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  const [end, out, error] = await Promise.all([status, text(child.stdout), text(child.stderr)]);
  if (end !== 0)
    throw new Error(`${command} ${args.join(" ")} ended with ${end}: ${error.trim() || out.trim()}`);
  return out;
}
