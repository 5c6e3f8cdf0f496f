/** A function as Deno Deploy starts it: the process that serves its requests. */
import { tag, env, secrets } from "ebb-version.js";
import { answererOf, type Context, type Shim } from "../hosted/answer.ts";

const ctx: Context = {
  waitUntil(promise) {
    promise.catch((error: unknown) => console.error(error instanceof Error ? error.message : String(error)));
  },
};

/** Errors: those of a module that cannot be run; the process ends then, and with it the deployment. */
export async function serve(shim: Shim): Promise<void> {
  await shim.check();
  const running = { id: Deno.env.get("DENO_DEPLOY_BUILD_ID") ?? "", tag, env: { ...env, ...secretEnv() } };
  const answer = answererOf(shim);
  // As at other edges: what nobody waits for ends no process, and with it the requests of others.
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    console.error(event.reason instanceof Error ? event.reason.message : String(event.reason));
  });
  // An answer leaves as the module has made it.
  Deno.serve({ automaticCompression: false }, (request) => answer(request, running, ctx));
}

/** Deno Deploy has secrets in variables of the process, under names that are the version's own. */
function secretEnv(): Record<string, string> {
  const entries = Object.entries(secrets).map(([name, variable]) => {
    const value = Deno.env.get(variable);
    if (value === undefined) throw new Error(`the app has no variable ${variable}, which holds ${name}`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}
