/** A component of wasi:http. */
import { coreModules, instantiate } from "app.js";
import { checkComponent, serveComponent } from "../wasi-http/serve-component.ts";
import type { Shim } from "./answer.ts";

const component = { coreModules, instantiate };

export const shim: Shim = {
  isOurs: true,
  check: () => checkComponent(component),
  call: (request, env, ctx) =>
    serveComponent(component, request, {
      env,
      log: (stream, line) => (stream === "stdout" ? console.log(line) : console.error(line)),
      keepAlive: (work) => ctx.waitUntil(work),
    }),
};
