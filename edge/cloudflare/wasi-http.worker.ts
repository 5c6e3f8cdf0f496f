/** The module in front of a component of wasi:http on Cloudflare Workers. */
import { coreModules, instantiate } from "app.js";
import { checkComponent, serveComponent } from "../wasi-http/serve-component.ts";
import { handlerOf } from "./serve.ts";

const component = { coreModules, instantiate };

export default handlerOf({
  isOurs: true,
  check: () => checkComponent(component),
  call: (request, env, ctx) =>
    serveComponent(component, request, {
      env,
      log: (stream, line) => (stream === "stdout" ? console.log(line) : console.error(line)),
      keepAlive: (work) => ctx.waitUntil(work),
    }),
});
