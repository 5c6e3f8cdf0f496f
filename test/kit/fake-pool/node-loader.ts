/** workerd's loader of isolates, in this process: modules share its memory, its network and its thread. */
import { serveCommand } from "../../../edge/cgi/serve-command.ts";
import type { Control, Fetcher, IsolateCode, IsolateStub, Loader } from "../../../edge/pool/host.ts";
import { checkCommand } from "../../../edge/wasi/run-command.ts";

interface Running {
  readonly handler: Fetcher;
  warm(): void;
}

export class NodeLoader implements Loader {
  readonly #isolates = new Map<string, Promise<Running>>();

  get(id: string, load: () => IsolateCode | Promise<IsolateCode>): IsolateStub {
    const isolate = this.#isolates.get(id) ?? Promise.resolve(load()).then(start);
    // A failure is kept, and given to everyone who asks later.
    isolate.catch(() => undefined);
    this.#isolates.set(id, isolate);
    const fetcher: Fetcher = {
      fetch: async (input, init) => (await isolate).handler.fetch(new Request(input, init)),
    };
    const control: Control = {
      warm: async () => (await isolate).warm(),
      abort: () => Promise.reject(new Error("the isolate has ended")),
    };
    return {
      getEntrypoint: ((name?: string) =>
        name === undefined ? fetcher : control) as IsolateStub["getEntrypoint"],
    };
  }
}

async function start({ modules, env }: IsolateCode): Promise<Running> {
  const { "app.wasm": command, "app.js": worker } = modules;
  if (typeof command === "object" && "wasm" in command) return startCommand(command.wasm, env);
  if (typeof worker === "string") return startWorker(worker, env);
  throw new Error("there is neither app.wasm nor app.js");
}

function startCommand(bytes: ArrayBuffer, env: Readonly<Record<string, string>>): Running {
  const module = new WebAssembly.Module(bytes);
  const fetch = (input: Request | string) => serveCommand(module, new Request(input), env, () => undefined);
  return { handler: { fetch }, warm: () => checkCommand(module) };
}

async function startWorker(source: string, env: Readonly<Record<string, string>>): Promise<Running> {
  const url = `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
  const { default: app } = (await import(/* @vite-ignore */ url)) as { default?: Worker };
  if (app === undefined)
    throw new Error("The requested module 'app.js' does not provide an export named 'default'");
  const fetch = async (input: Request | string) => {
    if (app.fetch === undefined) throw new Error("no fetch handler");
    return app.fetch(new Request(input), env);
  };
  const warm = () => {
    if (app.fetch === undefined) throw new Error("the module's default export has no fetch handler");
  };
  return { handler: { fetch }, warm };
}

interface Worker {
  fetch?(request: Request, env: Readonly<Record<string, string>>): Response | Promise<Response>;
}
