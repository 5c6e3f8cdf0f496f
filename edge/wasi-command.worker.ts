/** The module in front of a WASI command inside its own isolate. */
import { abortIsolate, WorkerEntrypoint } from "cloudflare:workers";
import module from "app.wasm";
import { serveCommand } from "./cgi/serve-command.ts";
import { checkCommand } from "./wasi/run-command.ts";

type Env = Readonly<Record<string, string>>;

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    return serveCommand(module, request, env, (text) => console.error(text));
  },
};

/** Called by the router only. */
export class EbbControl extends WorkerEntrypoint<Env> {
  /** Compiles and instantiates; runs no code of the command but a Wasm start section. */
  warm(): void {
    checkCommand(module);
  }

  /** Frees the isolate. */
  abort(): void {
    abortIsolate("this version is not published any more");
  }
}
