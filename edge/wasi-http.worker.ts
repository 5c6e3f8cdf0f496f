/** The module in front of a component of wasi:http inside its own isolate. */
import { abortIsolate, WorkerEntrypoint } from "cloudflare:workers";
import { coreModules, instantiate } from "app.js";
import { checkComponent, serveComponent } from "./wasi-http/serve-component.ts";

type Env = Readonly<Record<string, string>>;

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

const component = { coreModules, instantiate };

export default {
  fetch(request: Request, env: Env, ctx: Context): Promise<Response> {
    return serveComponent(component, request, {
      env,
      log: (stream, line) => (stream === "stdout" ? console.log(line) : console.error(line)),
      keepAlive: (work) => ctx.waitUntil(work),
    });
  },
};

/** Called by the router only. */
export class EbbControl extends WorkerEntrypoint<Env> {
  /** Compiles and instantiates; the component handles nothing. */
  async warm(): Promise<void> {
    await checkComponent(component);
  }

  /** Frees the isolate. */
  abort(): void {
    abortIsolate("this version is not published any more");
  }
}
