/** The registry of the CNCF's distribution project, as a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KeyPair } from "../../../operator/provider/workerd/certificates.ts";
import { registryBinaries } from "../../cluster/binaries.ts";
import { run } from "../../cluster/run.ts";
import { TokenServer } from "./token-server.ts";

/** The only user. */
export const user = { username: "robot", password: "word" };
/** bcrypt of the user's name and password. */
const htpasswd = "robot:$2a$04$XOyfJKX1VBRDRCJHWIS7MeE7ou.p3RUGC3Ss1wr04fWV51egP867.\n";

export interface RegistryOptions {
  /** How it asks who is there; nobody is asked unless given. */
  readonly challenge?: "Basic" | "Bearer";
  readonly tls?: KeyPair;
}

export class RealRegistry implements AsyncDisposable {
  /** As in a reference. */
  readonly host: string;
  readonly #folder: string;
  readonly #binaries: string;
  readonly #isPlain: boolean;
  readonly #end: () => Promise<void>;

  private constructor(
    host: string,
    folder: string,
    binaries: string,
    isPlain: boolean,
    end: () => Promise<void>,
  ) {
    this.host = host;
    this.#folder = folder;
    this.#binaries = binaries;
    this.#isPlain = isPlain;
    this.#end = end;
  }

  static async start({ challenge, tls }: RegistryOptions = {}): Promise<RealRegistry> {
    const binaries = await registryBinaries();
    const folder = await mkdtemp(join(tmpdir(), "ebb-registry-"));
    const host = `localhost:${await freePort()}`;
    const tokens = challenge === "Bearer" ? await TokenServer.start(folder, user) : undefined;
    const config = {
      version: "0.1",
      log: { level: "error" },
      storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
      http: {
        addr: host,
        ...(tls === undefined
          ? {}
          : { tls: { certificate: join(folder, "tls.crt"), key: join(folder, "tls.key") } }),
      },
      ...(challenge === "Basic"
        ? { auth: { htpasswd: { realm: "registry", path: join(folder, "htpasswd") } } }
        : {}),
      ...(tokens === undefined ? {} : { auth: { token: tokens.registryOptions } }),
    };
    await writeFile(join(folder, "htpasswd"), htpasswd);
    if (tls !== undefined) await writeFile(join(folder, "tls.crt"), tls.certificate);
    if (tls !== undefined) await writeFile(join(folder, "tls.key"), tls.key);
    // JSON is YAML too.
    await writeFile(join(folder, "config.yml"), JSON.stringify(config));
    const child = spawn(join(binaries, "registry"), ["serve", join(folder, "config.yml")], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { OTEL_TRACES_EXPORTER: "none" },
    });
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-2000);
    });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const registry = new RealRegistry(host, folder, binaries, tls === undefined, async () => {
      child.kill();
      await ended;
      await tokens?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });
    try {
      await untilListening(host);
      return registry;
    } catch (error) {
      await registry[Symbol.asyncDispose]();
      throw new Error(`the registry does not listen: ${log}`, { cause: error });
    }
  }

  /** Writes files into a folder and pushes them, each as `name:type`, with oras. */
  async oras(
    reference: string,
    files: Readonly<Record<string, Uint8Array | string>>,
    ...flags: string[]
  ): Promise<void> {
    const folder = await mkdtemp(join(this.#folder, "push-"));
    for (const [file, content] of Object.entries(files))
      await writeFile(join(folder, file.split(":")[0] ?? file), content);
    const layers = Object.keys(files).filter((file) => file.includes(":"));
    const login = ["--username", user.username, "--password", user.password];
    const access = this.#isPlain
      ? ["--plain-http", ...login]
      : ["--plain-http=false", "--insecure", ...login];
    await run(
      join(this.#binaries, "oras"),
      ["push", ...access, ...flags, `${this.host}/${reference}`, ...layers],
      {
        cwd: folder,
      },
    );
  }

  /** Runs crane; HOST in its arguments is the registry. */
  async crane(...args: readonly string[]): Promise<string> {
    const named = args.map((arg) => arg.replace("HOST", this.host));
    const env = { DOCKER_CONFIG: this.#folder };
    return (await run(join(this.#binaries, "crane"), ["--insecure", ...named], { env })).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "localhost", resolve);
  await promise;
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}

async function untilListening(host: string): Promise<void> {
  const { hostname, port } = new URL(`http://${host}`);
  for (let tries = 0; ; tries += 1) {
    const socket = connect(Number(port), hostname);
    try {
      await once(socket, "connect");
      return;
    } catch (error) {
      if (tries === 200) throw error;
      await delay(50);
    } finally {
      socket.destroy();
    }
  }
}
