/** The real workerd, in which what was uploaded runs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listening, workerdBinary } from "../workerd-process.ts";
import type { Version } from "./version.ts";

export interface Runtime {
  /** Where a request with `x-fake-version` and `x-fake-url` reaches that version. */
  readonly origin: string;
  /** Says why version cannot be started; undefined when it can. */
  check(version: Version): Promise<string | undefined>;
  output(): string;
  stop(): Promise<void>;
}

const config = (store: number): string => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "router", worker = .router),
    (name = "store", external = (address = "127.0.0.1:${store}", http = ())),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "router")],
);
const router :Workerd.Worker = (
  modules = [(name = "router.js", esModule = embed "router.js")],
  compatibilityDate = "2026-10-01",
  bindings = [
    (name = "LOADER", workerLoader = (id = "versions")),
    (name = "STORE", service = "store"),
  ],
);
`;

/** versions gives what was uploaded, by id. */
export async function startRuntime(versions: (id: string) => Version | undefined): Promise<Runtime> {
  const store = createServer((request, response) => {
    const version = versions((request.url ?? "").slice(1));
    response.statusCode = version === undefined ? 404 : 200;
    response.end(version === undefined ? "" : JSON.stringify(codeOf(version)));
  });
  store.listen(0, "127.0.0.1");
  await once(store, "listening");
  const folder = await mkdtemp(join(tmpdir(), "ebb-cloudflare-"));
  await copyFile(join(import.meta.dirname, "scripts-runtime.worker.js"), join(folder, "router.js"));
  await writeFile(join(folder, "config.capnp"), config((store.address() as AddressInfo).port));
  const args = ["serve", "--experimental", join(folder, "config.capnp"), "--control-fd=3"];
  const child = spawn(workerdBinary(), args, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const output: string[] = [];
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const [port = 0] = await listening(child, 1, output);
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    output: () => output.join(""),
    async check({ id }) {
      const answer = await fetch(origin, { headers: { "x-fake-version": id, "x-fake-check": "1" } });
      return ((await answer.json()) as { message?: string }).message;
    },
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      store.close();
      store.closeAllConnections();
      await rm(folder, { recursive: true });
    },
  };
}

function codeOf({ id, tag, bindings, modules, ...version }: Version): object {
  const { compatibilityDate, compatibilityFlags, mainModule } = version;
  const values = bindings.map(({ name, type, text }) => [
    name,
    type === "version_metadata" ? { id, tag } : text,
  ]);
  return {
    compatibilityDate,
    compatibilityFlags,
    mainModule,
    modules: modules.map(({ name, type, bytes }) => ({ name, type, base64: bytes.toString("base64") })),
    env: Object.fromEntries(values) as object,
  };
}
