/** One process of the real `deno`, with what a revision has. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";

/** Milliseconds without a request after which an instance is told to stop, and in which it must. */
const idleMs = 5000;

const binary = (): string => createRequire(import.meta.url).resolve("@deno/linux-x64-glibc/deno");

export interface InstanceOptions {
  /** With the files; there is nothing else that it can read. */
  readonly folder: string;
  readonly entrypoint: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onOutput: (text: string) => void;
}

export class Instance {
  /** Where it listens. Errors: it ended before it did. */
  readonly origin: Promise<string>;
  /** Whether it has ended, or was told to. */
  isOver = false;
  readonly #child: ChildProcess;
  #requests = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor({ folder, entrypoint, env, onOutput }: InstanceOptions) {
    // The memory is what the platform gives by default; it has no other flags, and every right within its machine.
    const rights = ["--allow-net", "--allow-env", `--allow-read=${folder}`];
    const flags = ["--no-prompt", "--no-remote", "--no-npm", "--v8-flags=--max-old-space-size=768"];
    this.#child = spawn(binary(), ["run", ...flags, ...rights, entrypoint], {
      cwd: folder,
      env: {
        ...env,
        DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0",
        DENO_DIR: `${folder}/../cache`,
        DENO_NO_UPDATE_CHECK: "1",
        NO_COLOR: "1",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.once("exit", () => (this.isOver = true));
    this.origin = listening(this.#child, onOutput);
    // Who asks is told; a build that is over does not ask.
    this.origin.catch(() => undefined);
    this.#rest();
  }

  /** Keeps it until the request is over. */
  begin(): () => void {
    this.#requests += 1;
    clearTimeout(this.#idle);
    return () => {
      this.#requests -= 1;
      if (this.#requests === 0) this.#rest();
    };
  }

  async kill(): Promise<void> {
    clearTimeout(this.#idle);
    this.isOver = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  #rest(): void {
    this.#idle = setTimeout(() => {
      this.isOver = true;
      this.#child.kill("SIGINT");
    }, idleMs);
    this.#idle.unref();
  }
}

function listening(child: ChildProcess, onOutput: (text: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk: Buffer): void => {
      onOutput(chunk.toString());
      if (text.length < 65_536) text += chunk.toString();
      const port = /Listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("close", (code) => reject(new Error(text || `the process ended with ${code}`)));
    child.once("error", reject);
  });
}
