/** The wrangler of a project: the version that the project itself has chosen. */
import { spawn } from "node:child_process";
import nodeModule from "node:module";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { CliError } from "./cli-error.ts";

/** What wrangler makes of the configuration; its own name for this is not stable, so its answer is looked at. */
const readConfig = `
const { createRequire } = require("node:module");
const [from, env] = process.argv.slice(1);
const { unstable_readConfig: read } = createRequire(from)("wrangler");
if (typeof read !== "function") throw new Error("this version of wrangler does not tell what it reads");
const config = read({ env: env === "" ? undefined : env }, { hideWarnings: true });
process.stdout.write("\\n" + JSON.stringify(config));
`;

export class Wrangler {
  readonly #folder: string;
  readonly #program: string;
  readonly #env: NodeJS.ProcessEnv;

  /** Errors: CliError when the project has none. */
  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = resolve(folder);
    this.#env = { ...env, WRANGLER_SEND_METRICS: "false", CI: "1" };
    try {
      const main = nodeModule.createRequire(join(this.#folder, "package.json")).resolve("wrangler");
      this.#program = join(dirname(main), "../bin/wrangler.js");
    } catch (cause) {
      throw new CliError(`${folder} has no wrangler. Install it: npm install --save-dev wrangler`, { cause });
    }
  }

  /** The fields of the configuration, those of an environment of it when one is named. */
  async config(environment: string | undefined): Promise<Readonly<Record<string, unknown>>> {
    const from = join(this.#folder, "package.json");
    const output = await this.#node(["-e", readConfig, from, environment ?? ""], "wrangler's configuration");
    const parsed: unknown = JSON.parse(output.slice(output.lastIndexOf("\n") + 1));
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
    throw new CliError("wrangler told no configuration.");
  }

  /** Writes the worker's modules to outDir, as `wrangler deploy` would upload them. */
  async build(outDir: string, environment: string | undefined): Promise<void> {
    const named = environment === undefined ? [] : ["--env", environment];
    const args = [this.#program, "deploy", "--dry-run", "--outdir", outDir, ...named];
    await this.#node(args, "wrangler deploy --dry-run");
  }

  async #node(args: readonly string[], what: string): Promise<string> {
    const child = spawn(process.execPath, args, {
      cwd: this.#folder,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise<number | NodeJS.Signals | null>((done, failed) => {
      child.once("close", (code, signal) => done(code ?? signal));
      child.once("error", failed);
    });
    const [end, out, error] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    if (end === 0) return out;
    throw new CliError(`${what} ended with ${end}:\n${(error.trim() || out.trim()).slice(-4000)}`);
  }
}
